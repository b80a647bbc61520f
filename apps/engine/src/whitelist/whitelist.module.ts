import { Module, type DynamicModule } from '@nestjs/common';
import { WHITELIST_OPTIONS, type WhitelistOptions } from './options.js';
import { WhitelistService } from './whitelist.service.js';

/** Who is admitted, kept true to a directory of public keys. */
@Module({})
export class WhitelistModule {
  static forRoot(options: WhitelistOptions): DynamicModule {
    return {
      module: WhitelistModule,
      providers: [{ provide: WHITELIST_OPTIONS, useValue: options }, WhitelistService],
      exports: [WhitelistService],
    };
  }
}

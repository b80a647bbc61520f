import { Inject, Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { openStore, type StoreOptions } from './open.js';
import { STORE, type Store } from './store.js';

/** Opens the engine's store before anything that needs it starts, and closes it after everything has stopped. */
@Module({})
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(STORE) private readonly store: Store) {}

  static forRoot(options: StoreOptions): DynamicModule {
    return {
      module: StoreModule,
      providers: [{ provide: STORE, useFactory: () => openStore(options, new Logger('store')) }],
      exports: [STORE],
    };
  }

  /** Not on destroy: that is when others write what they still have to. */
  onApplicationShutdown(): Promise<void> {
    return this.store.close();
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import type { AgentSettings } from '#config';
import type { TunnelPath } from '#channel';
import { Connector } from './connector.js';
import { StatusBoard } from './status-board.js';
import { CONTROL_TUNNEL, SETTINGS } from './tokens.js';

@Module({})
export class AgentModule {
  static forRoot(settings: AgentSettings, tunnel: TunnelPath | undefined): DynamicModule {
    return {
      module: AgentModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: CONTROL_TUNNEL, useValue: tunnel },
        StatusBoard,
        Connector,
      ],
    };
  }
}

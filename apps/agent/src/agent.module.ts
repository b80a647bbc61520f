import { Module, type DynamicModule } from '@nestjs/common';
import type { AgentSettings } from '#config';
import type { TunnelPath } from '#channel';
import type { DataPlane } from '#dataplane';
import { run } from '#host';
import { Connector } from './connector.js';
import { Keeper } from './network/keeper.js';
import { LinkObserver } from './network/link-observer.js';
import { NetworkFollower } from './network/network-follower.js';
import { NetworkSession } from './network/network-session.js';
import { StatusBoard } from './status-board.js';
import { CONTROL_TUNNEL, DATA_PLANE, RUN, SETTINGS } from './tokens.js';

@Module({})
export class AgentModule {
  static forRoot(
    settings: AgentSettings,
    tunnel: TunnelPath | undefined,
    dataPlane: DataPlane,
  ): DynamicModule {
    return {
      module: AgentModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: CONTROL_TUNNEL, useValue: tunnel },
        { provide: DATA_PLANE, useValue: dataPlane },
        { provide: RUN, useValue: run },
        Keeper,
        NetworkFollower,
        LinkObserver,
        NetworkSession,
        StatusBoard,
        Connector,
      ],
    };
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import type { AgentSettings } from '#config';
import type { TunnelPath } from '#channel';
import type { ContainerNetworks } from '#containers';
import type { DataPlane } from '#dataplane';
import { run } from '#host';
import { Connector } from './connector.js';
import { AgentMetrics } from './metrics/agent-metrics.js';
import { ContainerKeeper } from './network/container-keeper.js';
import { Keeper } from './network/keeper.js';
import { LinkObserver } from './network/link-observer.js';
import { NetworkFollower } from './network/network-follower.js';
import { NetworkSession } from './network/network-session.js';
import { OwnKeys } from './own-keys.js';
import { AgentSocket } from './rotation/agent-socket.js';
import { KeyMover } from './rotation/key-mover.js';
import { Rotator } from './rotation/rotator.js';
import { StatusBoard } from './status-board.js';
import { CONTAINERS, CONTROL_TUNNEL, DATA_PLANE, RUN, SETTINGS } from './tokens.js';

/** What the agent makes on its host. */
export interface HostParts {
  /** Undefined where none can be made. */
  readonly tunnel: TunnelPath | undefined;
  readonly dataPlane: DataPlane;
  readonly containers: ContainerNetworks;
}

@Module({})
export class AgentModule {
  static forRoot(
    settings: AgentSettings,
    keys: OwnKeys,
    { tunnel, dataPlane, containers }: HostParts,
  ): DynamicModule {
    return {
      module: AgentModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: OwnKeys, useValue: keys },
        { provide: CONTROL_TUNNEL, useValue: tunnel },
        { provide: DATA_PLANE, useValue: dataPlane },
        { provide: CONTAINERS, useValue: containers },
        { provide: RUN, useValue: run },
        Keeper,
        ContainerKeeper,
        NetworkFollower,
        LinkObserver,
        NetworkSession,
        StatusBoard,
        Connector,
        KeyMover,
        Rotator,
        AgentSocket,
        AgentMetrics,
      ],
    };
  }
}

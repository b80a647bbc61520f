import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { AgentSettings } from '#config';
import { log } from '#log';
import type { MetricsEndpoint } from '#metrics';
import { ContainerKeeper } from '../network/container-keeper.js';
import { Keeper } from '../network/keeper.js';
import { LinkObserver } from '../network/link-observer.js';
import { NetworkFollower } from '../network/network-follower.js';
import { StatusBoard } from '../status-board.js';
import { SETTINGS } from '../tokens.js';
import type { Measured } from './agent-figures.js';

/** Shows this agent's figures, where the settings say. */
@Injectable()
export class AgentMetrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #measured: Measured;
  #endpoint: MetricsEndpoint | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: AgentSettings,
    board: StatusBoard,
    keeper: Keeper,
    follower: NetworkFollower,
    observer: LinkObserver,
    containers: ContainerKeeper,
  ) {
    this.#measured = { board, keeper, follower, observer, containers };
  }

  async onApplicationBootstrap(): Promise<void> {
    const { metricsListen } = this.settings;
    if (!metricsListen) return;
    // The library takes some MB, which an agent without metrics has no use for.
    const [{ MetricsEndpoint }, { agentFigures }] = await Promise.all([
      import('#metrics'),
      import('./agent-figures.js'),
    ]);
    this.#endpoint = new MetricsEndpoint(metricsListen, agentFigures(this.#measured), log);
    this.#endpoint.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#endpoint?.close();
  }
}

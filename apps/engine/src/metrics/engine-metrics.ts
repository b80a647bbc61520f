import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Gate } from '#channel';
import type { EngineSettings } from '#config';
import { log } from '#log';
import type { MetricsEndpoint } from '#metrics';
import { RefusalCounts } from '../audit/refusal-counts.js';
import { Leases } from '../network/leases.js';
import { NetworkService } from '../network/network.service.js';
import { Receipts } from '../network/receipts.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { SETTINGS } from '../settings.js';
import { STORE } from '../store/store.js';
import { ControlTunnel } from '../tunnel/control-tunnel.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import type { Measured } from './engine-figures.js';
import type { TimedStore } from '../store/timed-store.js';

/** Shows the engine's figures, where the settings say. */
@Injectable()
export class EngineMetrics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #measured: Measured;
  #endpoint: MetricsEndpoint | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: EngineSettings,
    @Inject(STORE) store: TimedStore,
    gate: Gate,
    whitelist: WhitelistService,
    registry: AgentRegistry,
    network: NetworkService,
    leases: Leases,
    receipts: Receipts,
    tunnel: ControlTunnel,
    refusals: RefusalCounts,
  ) {
    this.#measured = { gate, whitelist, registry, network, leases, receipts, tunnel, store, refusals };
  }

  /** TCP; undefined while nothing is shown. */
  get port(): number | undefined {
    return this.#endpoint?.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { metricsListen } = this.settings;
    if (!metricsListen) return;
    // The library takes some MB, which an engine without metrics has no use for.
    const [{ MetricsEndpoint }, { engineFigures }] = await Promise.all([
      import('#metrics'),
      import('./engine-figures.js'),
    ]);
    this.#endpoint = new MetricsEndpoint(metricsListen, engineFigures(this.#measured), log);
    this.#endpoint.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#endpoint?.close();
  }
}

import { jest } from '@jest/globals';
import { tunnelAddress, type TunnelAddress } from '#crypto';
import { generateKey } from '#crypto/generate';
import {
  ClientTunnel,
  EngineTunnel,
  type ClientTunnelOptions,
  type TunnelHost,
  type TunnelState,
} from '#tunnel';
import { Notes } from '../../libs/tunnel/src/testing/memory-host.js';
import { Lab, type Host } from '../lab/index.js';
import { listen } from './tcp.js';
import { tunnelHostOn } from './tunnel-on.js';

export const GRPC = 50_051;
/** A port that is nobody's business through the tunnel. */
export const OTHER = 50_052;
export const PORT = 51_821;

/** What Jest leaves as it is when it takes over intervals. */
const ALL_BUT_INTERVALS = [
  ...(['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'queueMicrotask'] as const),
  ...(['nextTick', 'hrtime', 'performance', 'Date'] as const),
];

/**
 * An engine and a worker with something listening on both, and a tunnel between them that is not up yet.
 * Neither end looks after its own every ten seconds, as it would by itself, so that what a test spoils stays so until it has it
 * mended.
 */
export class TwoEnds {
  readonly keys = { engine: generateKey(), worker: generateKey() };
  readonly said = { engine: new Notes(), worker: new Notes() };
  readonly engineTunnelHost: TunnelHost;
  readonly workerTunnelHost: TunnelHost;
  engine: EngineTunnel;
  worker: ClientTunnel;

  private constructor(
    readonly lab: Lab,
    readonly engineHost: Host,
    readonly workerHost: Host,
  ) {
    this.engineTunnelHost = tunnelHostOn(engineHost);
    this.workerTunnelHost = tunnelHostOn(workerHost);
    this.engine = this.newEngine();
    this.worker = this.newWorker();
  }

  static async create(name: string): Promise<TwoEnds> {
    const lab = await Lab.create(name);
    try {
      const ends = new TwoEnds(lab, await lab.host('engine'), await lab.host('worker'));
      for (const [host, port] of [
        [ends.engineHost, GRPC],
        [ends.engineHost, OTHER],
        [ends.workerHost, OTHER],
      ] as const) {
        await listen(host, port);
      }
      jest.useFakeTimers({ doNotFake: ALL_BUT_INTERVALS });
      return ends;
    } catch (error) {
      await lab.destroy();
      throw error;
    }
  }

  get workerAddress(): TunnelAddress {
    return tunnelAddress(this.keys.worker.publicKey);
  }

  /** Another run of the engine. */
  newEngine(): EngineTunnel {
    const { engineTunnelHost: host, said, keys } = this;
    return new EngineTunnel({ host, log: said.engine, privateKey: keys.engine, ports: [GRPC] });
  }

  /** Another run of the agent, or of something else on its host. */
  newWorker(changes: Partial<ClientTunnelOptions> = {}): ClientTunnel {
    const { workerTunnelHost: host, said, keys } = this;
    return new ClientTunnel({ host, log: said.worker, role: 'agent', privateKey: keys.worker, ...changes });
  }

  up(worker = this.worker): Promise<TunnelState> {
    const engineEndpoint = `${this.engineHost.address}:${PORT}`;
    return worker.up({ engineKey: this.keys.engine.publicKey, engineEndpoint });
  }

  /** Both ends, with the worker admitted. */
  async bothUp(): Promise<void> {
    await this.engine.open();
    await this.engine.admit([this.keys.worker.publicKey]);
    await this.up();
  }

  async destroy(): Promise<void> {
    try {
      await Promise.all([this.engine.close(), this.worker.close()]);
    } finally {
      jest.useRealTimers();
      await this.lab.destroy();
    }
  }
}

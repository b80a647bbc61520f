import type { PrivateKey, PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { Turns } from '#host';
import type { Log } from '#log';
import { addressOf, canonicalEndpoint, HandshakeAges, type DesiredDevice, type Endpoint } from '#wireguard';
import { clientDevice, shouldSetEndpoint } from './client-device.js';
import { ControlInterface, type Removal, type Seen } from './control-interface.js';
import { refuseEndpointInTunnel } from './foreign-network.js';
import type { Path } from './host-network.js';
import { clientMtu } from './mtu.js';
import { HeldByAnotherRole } from './ownership.js';
import { clientTable } from './rules/client-table.js';
import { Standing } from './standing.js';
import { down, TAKEN_DOWN, type TunnelState } from './state.js';
import type { TunnelHost } from './system/tunnel-host.js';
import { RECONCILE_MS, tableName, type Role } from './wg-control.js';

export interface ClientTunnelOptions {
  readonly host: TunnelHost;
  readonly log: Log;
  readonly role: Exclude<Role, 'engine'>;
  /** Until {@link ClientTunnel.up} is given another. */
  readonly privateKey: PrivateKey;
  /** Who may send through the tunnel; this process's user when absent. */
  readonly uid?: number;
}

export interface EngineAddress {
  /** Our own key; absent: the one there is. */
  readonly privateKey?: PrivateKey;
  readonly engineKey: PublicKey;
  /** `address:port` of the engine's UDP port, on the network below the tunnel. */
  readonly engineEndpoint: Endpoint;
}

/**
 * A client's end of the control tunnel. It is never up without its firewall rules: the engine lets plain
 * callers in by the address of the tunnel, so that without them every user of this host would be the
 * component; direct TCP, where both prove their keys, needs no such trust.
 */
export class ClientTunnel {
  readonly #turns = new Turns();
  readonly #standing: Standing;
  #interface: ControlInterface;
  #key: PrivateKey;
  readonly #ages = new HandshakeAges();
  #engine: EngineAddress | undefined;
  /** The endpoint that this run has set, or found in use. */
  #endpoint: Endpoint | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ClientTunnelOptions) {
    this.#standing = new Standing(options.log);
    this.#key = options.privateKey;
    this.#interface = new ControlInterface(options.host, options.role, this.#key.publicKey);
  }

  get state(): TunnelState {
    return this.#standing.state;
  }

  /**
   * Brings the tunnel to this engine up, or adopts the one an earlier run left; nothing where all is well. A
   * host that cannot have one, and one where another role has it, is no error but a state with a reason.
   *
   * @throws BanyanError `conflict` when the interface or its network is somebody else's; `invalid` for an
   *   endpoint that is none.
   */
  async up({ privateKey, engineKey, engineEndpoint }: EngineAddress): Promise<TunnelState> {
    const endpoint = canonicalEndpoint(engineEndpoint);
    refuseEndpointInTunnel(addressOf(endpoint));
    return this.#turns.take(async () => {
      this.#engine = { engineKey, engineEndpoint: endpoint };
      if (privateKey) this.#use(privateKey);
      try {
        return await this.#pass(this.#engine);
      } catch (error) {
        const state = this.#standing.enter(down(error));
        if (isForeign(error)) throw error;
        return state;
      }
    });
  }

  /** One pass: heals what was changed by hand. Never rejects; does nothing before {@link up}. */
  reconcile(): Promise<TunnelState> {
    return this.#turns.take(async () => {
      if (!this.#engine) return this.state;
      return this.#pass(this.#engine).catch((error: unknown) => this.#standing.enter(down(error)));
    });
  }

  /** Reconciles every ten seconds from now on, without keeping the process running. */
  watch(): void {
    this.#timer ??= setInterval(() => void this.reconcile(), RECONCILE_MS).unref();
  }

  /** Lets go of the tunnel and leaves it up, for the next run. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#turns.take(() => Promise.resolve());
  }

  /** Takes the tunnel and its rules away; needs no up. @throws BanyanError `host` when that fails. */
  async down(): Promise<Removal> {
    await this.close();
    return this.#turns.take(async () => {
      this.#engine = undefined;
      this.#endpoint = undefined;
      const removal = await this.#interface.remove(tableName(this.options.role));
      this.#standing.enter(TAKEN_DOWN);
      return removal;
    });
  }

  /** The interface stays, and is given this key in place, and its address. */
  #use(key: PrivateKey): void {
    if (this.#key.publicKey.equals(key.publicKey)) return;
    this.#key = key;
    this.#interface = new ControlInterface(this.options.host, this.options.role, key.publicKey);
    this.#standing.begin();
  }

  async #pass({ engineKey, engineEndpoint }: EngineAddress): Promise<TunnelState> {
    const { host, role, uid = process.geteuid?.() ?? 0 } = this.options;
    const wasUp = this.state.up;
    const path = await host.network.pathTo(addressOf(engineEndpoint));
    const settled = await this.#interface.settle({
      desired: (seen) => this.#desired(seen, path, { engineKey, engineEndpoint }),
      table: clientTable(role, uid),
      unguarded: 'refused',
      reached: () => (this.#endpoint = engineEndpoint),
    });
    this.#standing.repaired(settled, wasUp);
    return this.#standing.enter({ up: true, detail: `to the engine at ${engineEndpoint}`, guarded: true });
  }

  #desired({ device, surroundings }: Seen, path: Path | undefined, engine: EngineAddress): DesiredDevice {
    const { engineKey, engineEndpoint: given } = engine;
    const peer = device?.peers.find(({ publicKey }) => publicKey.equals(engineKey));
    const age = this.#ages.look(device?.peers ?? []).get(engineKey.text);
    const set = shouldSetEndpoint({ given, settled: this.#endpoint, peer, age });
    return clientDevice({
      privateKey: this.#key,
      engineKey,
      mtu: clientMtu(path, surroundings),
      ...(set ? { endpoint: given } : {}),
    });
  }
}

function isForeign(error: unknown): boolean {
  return error instanceof BanyanError && error.kind === 'conflict' && !(error instanceof HeldByAnotherRole);
}

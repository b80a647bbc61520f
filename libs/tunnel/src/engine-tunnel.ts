import type { PrivateKey, PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { Turns } from '#host';
import type { Log } from '#log';
import type { DesiredDevice, Endpoint, NameOf } from '#wireguard';
import { ControlInterface, type Removal, type Seen } from './control-interface.js';
import { engineDevice } from './engine-device.js';
import { engineMtu } from './mtu.js';
import { admission, adopted, peerChanges, type Peers } from './peers.js';
import { engineTable } from './rules/engine-table.js';
import { Standing } from './standing.js';
import { down, engineUp, TAKEN_DOWN, type TunnelState } from './state.js';
import type { TunnelHost } from './system/tunnel-host.js';
import { DEFAULT_PORT, INTERFACE, RECONCILE_MS, tableName } from './wg-control.js';

export interface EngineTunnelOptions {
  readonly host: TunnelHost;
  readonly log: Log;
  /** The display name of a peer, for the log. */
  readonly nameOf?: NameOf;
  readonly privateKey: PrivateKey;
  /** TCP: all that clients reach through the tunnel. */
  readonly ports: readonly number[];
  /** UDP; 51821 when absent. */
  readonly listenPort?: number;
}

/** The engine's end of the control tunnel: one peer for each admitted key, kept so. */
export class EngineTunnel {
  readonly #turns = new Turns();
  readonly #standing: Standing;
  #interface!: ControlInterface;
  #privateKey!: PrivateKey;
  readonly #listenPort: number;
  /** The newest admission; undefined before the first: an interface that is adopted keeps its peers. */
  #wanted: Peers | undefined;
  /** What the interface is as far as we know; undefined while we do not. */
  #known: { readonly device: DesiredDevice; readonly peers: Peers } | undefined;
  #isOpen = false;
  /** Whether this run made the interface, rather than finding that of an earlier one. */
  #isMadeHere = false;
  #admitting: Promise<TunnelState> | undefined;
  #reconciling: Promise<TunnelState> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: EngineTunnelOptions) {
    const { log, nameOf, privateKey, listenPort = DEFAULT_PORT } = options;
    this.#listenPort = listenPort;
    this.#standing = new Standing(log, nameOf);
    this.#be(privateKey);
  }

  #be(privateKey: PrivateKey): void {
    const { host } = this.options;
    const exclusively: TunnelHost['exclusively'] = (work) => this.#turns.take(() => host.exclusively(work));
    this.#privateKey = privateKey;
    this.#interface = new ControlInterface({ ...host, exclusively }, 'engine', privateKey.publicKey);
  }

  get state(): TunnelState {
    return this.#standing.state;
  }

  /**
   * Makes the tunnel, or adopts the one an earlier run left, and keeps it. A host that cannot have one is no
   * error but a state with a reason; the tunnel comes up as soon as it can.
   *
   * @throws BanyanError `conflict` when the interface, its network or its port is somebody else's.
   */
  async open(): Promise<TunnelState> {
    this.#isOpen = true;
    try {
      await this.#pass();
    } catch (error) {
      this.#isOpen = !(error instanceof BanyanError && error.kind === 'conflict');
      if (!this.#isOpen) throw error;
      this.#failed(error);
    }
    this.#timer ??= setInterval(() => void this.reconcile(), RECONCILE_MS).unref();
    return this.state;
  }

  /**
   * Makes the peers those of exactly these keys. Calls that come while one is carried out end in one more,
   * with the newest keys. What differs from the last call is changed without a look at the rest: a revocation
   * waits for nothing but a change that is already under way.
   *
   * @returns the state once it is done; never rejects, for what fails is tried again at every pass.
   */
  admit(keys: readonly PublicKey[]): Promise<TunnelState> {
    const { peers, refused } = admission(this.#privateKey.publicKey, keys, this.#wanted);
    this.#wanted = peers;
    for (const { key, reason } of refused) {
      const name = this.options.nameOf?.(key);
      const sentence = `${key.fingerprint} is no peer of ${INTERFACE}: ${reason}`;
      this.options.log.say('tunnel.peer_refused', sentence, { name });
    }
    this.#admitting ??= this.#turns
      .take(() => this.#applyAdmission())
      .then(
        (done) => (done || !this.#isOpen ? this.state : this.#reconcileAnew()),
        () => this.#reconcileAnew(),
      );
    return this.#admitting;
  }

  /**
   * Gives the interface another key, in place: peers, addresses and rules stay, and sessions end. Who knows the new
   * key only gets through from now on.
   *
   * @returns as {@link admit}.
   */
  async rekey(privateKey: PrivateKey): Promise<TunnelState> {
    // Not amid a change that is being carried out.
    await this.#turns.take(() => {
      this.#be(privateKey);
      return Promise.resolve();
    });
    return this.#isOpen ? this.#reconcileAnew() : this.state;
  }

  /** One pass: heals what was changed by hand, here or in the firewall. Never rejects. */
  reconcile(): Promise<TunnelState> {
    this.#reconciling ??= this.#pass()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => (this.#reconciling = undefined));
    return this.#reconciling;
  }

  /** Where WireGuard last heard from its peers, by key (`PublicKey.text`), as far as it did. @throws BanyanError `host`. */
  async endpoints(): Promise<ReadonlyMap<string, Endpoint>> {
    const device = await this.options.host.devices.get(INTERFACE);
    const heard = new Map<string, Endpoint>();
    for (const { publicKey, endpoint } of device?.peers ?? []) {
      if (endpoint !== undefined) heard.set(publicKey.text, endpoint);
    }
    return heard;
  }

  /** Lets go of the tunnel and leaves it up, so that sessions outlive a restart. */
  async close(): Promise<void> {
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#admitting;
    await this.#reconciling;
    // An admission that is being carried out is no longer one that waits.
    await this.#turns.take(() => Promise.resolve());
  }

  /**
   * Takes back what this run has made: for a start that fails after {@link open}. A tunnel that was there before
   * stays up, as by {@link close}.
   *
   * @returns undefined when nothing was made. @throws BanyanError `host` when it cannot be removed.
   */
  async undo(): Promise<Removal | undefined> {
    await this.close();
    return this.#isMadeHere ? this.remove() : undefined;
  }

  /** Takes the tunnel and its rules away; needs no open. @throws BanyanError `host` when that fails. */
  async remove(): Promise<Removal> {
    await this.close();
    const removal = await this.#interface.remove(tableName('engine'));
    this.#known = undefined;
    this.#standing.enter(TAKEN_DOWN);
    return removal;
  }

  /** @returns false when the interface is not known well enough to be changed without a look. */
  async #applyAdmission(): Promise<boolean> {
    this.#admitting = undefined;
    const [known, peers] = [this.#known, this.#wanted];
    if (!known || !peers) return false;
    const device = { ...known.device, peers: [...peers.values()] };
    const changes = peerChanges(known.peers, peers);
    this.#known = undefined;
    if (changes.length > 0) await this.options.host.devices.apply(device, changes);
    this.#known = { device, peers };
    return true;
  }

  /** A pass that begins now: one under way may have looked before the newest admission. */
  async #reconcileAnew(): Promise<TunnelState> {
    await this.#reconciling;
    return this.reconcile();
  }

  async #pass(): Promise<TunnelState> {
    const wasUp = this.state.up;
    const settled = await this.#interface.settle({
      desired: (seen) => this.#desired(seen),
      table: engineTable(this.options.ports),
      unguarded: 'tolerated',
      reached: (device, how) => {
        // What was only seen may be older than what an admission has done since.
        if (how === 'seen' && this.#known) return;
        this.#known = { device, peers: new Map(device.peers.map((peer) => [peer.publicKey.text, peer])) };
      },
    });
    this.#isMadeHere ||= settled.changes[0]?.kind === 'create';
    this.#standing.repaired(settled, wasUp);
    return this.#standing.enter(engineUp(this.#listenPort, settled.guard));
  }

  #desired({ device, surroundings }: Seen): DesiredDevice {
    return engineDevice({
      privateKey: this.#privateKey,
      listenPort: this.#listenPort,
      mtu: engineMtu(surroundings),
      peers: this.#wanted ?? adopted(device),
    });
  }

  #failed(error: unknown): TunnelState {
    this.#known = undefined;
    return this.#standing.enter(down(error));
  }
}

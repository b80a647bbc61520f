import type { PrivateKey, PublicKey } from '#crypto';
import type { Network } from '#network';
import type { HeldMove, KeyMove } from './key-move.js';

/** What a host is to become: its part of the network, and how it takes part. */
export interface DesiredDataPlane {
  readonly network: Network;
  /** Of `banyan-wg`: the agent's own. */
  readonly privateKey: PrivateKey;
  /** UDP port of `banyan-wg`. */
  readonly listenPort: number;
  /** Of `banyan-wg`, the bridge and the containers, bytes. */
  readonly mtu: number;
  /** Whether containers of other hosts may open connections to this host at its gateway. */
  readonly hostAccess: boolean;
  /** IP address by which this host reaches the engine: where peers beside the engine are. Absent while unknown. */
  readonly engineAddress?: string;
}

/** What WireGuard knows of the way to one peer. */
export interface LinkState {
  readonly publicKey: PublicKey;
  /** `address:port`; absent while WireGuard has none. */
  readonly endpoint?: string;
  /** Milliseconds since the epoch; absent when there was none. */
  readonly latestHandshakeMs?: number;
  /** Milliseconds since then, whatever became of the wall clock; infinite when there was none. */
  readonly handshakeAgeMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** One difference between the host and what it should be, in words, with the reason. */
export interface HostChange {
  /** As `add peer worker-2 (10.201.1.0/24)`. */
  readonly what: string;
  readonly why: string;
}

/** The container network on this host: `banyan-wg`, the bridge, routes, firewall and what is kept for the next boot. */
export interface DataPlane {
  /**
   * Makes the host what is desired. Idempotent; what is right already is not touched, so that sessions of
   * peers keep their handshakes. Calls are carried out one after the other.
   *
   * @returns what was changed.
   * @throws BanyanError `conflict` (a name, a port or a route belongs to somebody else), `host`. What fails
   *   closed is in place before what opens.
   */
  apply(desired: DesiredDataPlane): Promise<readonly HostChange[]>;
  /**
   * Prepares for another key of a peer or of this host, and lets no pass begin until that is released: what was asked
   * for before is done first. Where there is nothing to move, holding is all it does.
   */
  hold(move: KeyMove): Promise<HeldMove>;
  /** What `apply` would change now. Changes nothing. */
  plan(desired: DesiredDataPlane): Promise<readonly HostChange[]>;
  /** The links as they are; none while there is no interface. */
  links(): Promise<readonly LinkState[]>;
  /** Destinations that this host routes itself, without the default route and without ours, as `10.0.0.0/8`. */
  hostRoutes(): Promise<readonly string[]>;
  /**
   * Calls `onDrift` soon after something that `apply` cares for was changed by somebody: links, addresses,
   * routes, the firewall. A hint to apply again; may come without a change.
   */
  watch(onDrift: () => void): { close(): Promise<void> };
  /** Removes everything `apply` made, also after a restart. IP forwarding stays as it is. @returns what was removed. */
  down(): Promise<readonly HostChange[]>;
}

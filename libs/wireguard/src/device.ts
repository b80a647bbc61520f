import type { PrivateKey, PublicKey } from '#crypto';

/** `address:port`, the address bracketed when it is IPv6; never a host name (resolve it first). */
export type Endpoint = string;
/** A prefix, as `10.200.0.1/32`. */
export type Cidr = string;

export interface DesiredPeer {
  readonly publicKey: PublicKey;
  /** Absent: leave alone what WireGuard has, which is where the peer was last heard from. */
  readonly endpoint?: Endpoint;
  readonly allowedIps: readonly Cidr[];
  /** Seconds; absent is off. */
  readonly persistentKeepalive?: number;
}

/** What an interface should be. Peers, addresses and routes not named here are removed from it. */
export interface DesiredDevice {
  readonly name: string;
  readonly privateKey: PrivateKey;
  /** Absent: any port, and whatever it has is left alone. */
  readonly listenPort?: number;
  /** What people set to choose the port, for errors. */
  readonly portSetting?: string;
  readonly addresses: readonly Cidr[];
  readonly mtu: number;
  readonly peers: readonly DesiredPeer[];
  /** Destinations routed to this interface. */
  readonly routes: readonly Route[];
}

export interface Route {
  readonly destination: Cidr;
  /** Preferred source address. */
  readonly source?: string;
}

export interface ActualPeer {
  readonly publicKey: PublicKey;
  readonly endpoint?: Endpoint;
  readonly allowedIps: readonly Cidr[];
  readonly persistentKeepalive?: number;
  /** Milliseconds since the epoch; absent when there was none. */
  readonly latestHandshakeMs?: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface ActualDevice {
  readonly name: string;
  readonly implementation: 'kernel' | 'userspace';
  /** Absent while no key is set. */
  readonly publicKey?: PublicKey;
  readonly listenPort: number;
  readonly up: boolean;
  readonly addresses: readonly Cidr[];
  readonly mtu: number;
  readonly peers: readonly ActualPeer[];
  readonly routes: readonly Route[];
}

/** What can be prepared. */
export type ArmableChange =
  | Extract<Change, { readonly kind: 'set-key' }>
  | { readonly kind: 'update-peer'; readonly peer: DesiredPeer; readonly reason: string };

/** A change that is prepared: to be fired, or disarmed, once. */
export interface ArmedChange {
  fire(): Promise<void>;
  disarm(): Promise<void>;
}

/** The whole of what Banyan asks of WireGuard. Knows interfaces and peers, not engines and agents. */
export interface WireguardDevices {
  /** The interface as it is; undefined when there is none. @throws BanyanError `conflict` when the name belongs to something that is not WireGuard. */
  get(name: string): Promise<ActualDevice | undefined>;
  /** Carries out a plan made for `desired`. Idempotent; a new interface whose set-up fails is removed again. */
  apply(desired: DesiredDevice, changes: readonly Change[]): Promise<void>;
  /**
   * Prepares one change so that it takes but a moment when it is wanted.
   * @throws BanyanError `host`; nothing has changed then.
   */
  arm(desired: DesiredDevice, change: ArmableChange): Promise<ArmedChange>;
  /** Removes the interface and what implements it; no error when it is not there. */
  remove(name: string): Promise<void>;
}

/** One step from what is to what should be, with the reason a person would want to read. Keys are public ones. */
export type Change =
  | { readonly kind: 'create'; readonly reason: string }
  | { readonly kind: 'set-key'; readonly reason: string }
  | { readonly kind: 'set-listen-port'; readonly port: number; readonly reason: string }
  | { readonly kind: 'set-mtu'; readonly mtu: number; readonly reason: string }
  | { readonly kind: 'set-up'; readonly reason: string }
  | { readonly kind: 'add-address' | 'remove-address'; readonly address: Cidr; readonly reason: string }
  | { readonly kind: 'add-route' | 'remove-route'; readonly route: Route; readonly reason: string }
  | { readonly kind: 'add-peer' | 'update-peer'; readonly peer: DesiredPeer; readonly reason: string }
  | { readonly kind: 'remove-peer'; readonly publicKey: PublicKey; readonly reason: string };

import { ENGINE_TUNNEL_ADDRESS, tunnelAddress, type PrivateKey, type PublicKey } from '#crypto';
import { SESSION_MS, type ActualPeer, type DesiredDevice, type Endpoint } from '#wireguard';
import { INTERFACE, KEEPALIVE } from './wg-control.js';

export interface ClientEnd {
  readonly privateKey: PrivateKey;
  readonly engineKey: PublicKey;
  /** Absent: leave alone the one WireGuard has. */
  readonly endpoint?: Endpoint;
  readonly mtu: number;
}

/** `wg-control` of an agent or an operator: the engine is its only peer, and its only destination. */
export function clientDevice({ privateKey, engineKey, endpoint, mtu }: ClientEnd): DesiredDevice {
  const engine = `${ENGINE_TUNNEL_ADDRESS}/32`;
  return {
    name: INTERFACE,
    privateKey,
    addresses: [`${tunnelAddress(privateKey.publicKey)}/32`],
    mtu,
    peers: [
      {
        publicKey: engineKey,
        allowedIps: [engine],
        persistentKeepalive: KEEPALIVE,
        ...(endpoint === undefined ? {} : { endpoint }),
      },
    ],
    routes: [{ destination: engine }],
  };
}

export interface EndpointHistory {
  readonly given: Endpoint;
  /** The one this process set last, or found working; undefined: none yet. */
  readonly settled: Endpoint | undefined;
  /** The engine as peer of the interface, if it is one. */
  readonly peer: ActualPeer | undefined;
  /** Milliseconds since the peer was heard; undefined: never. */
  readonly age: number | undefined;
}

/**
 * Whether to set the peer's endpoint to the given one: WireGuard follows a peer that moves, and knows better
 * where it is than our configuration for as long as the two talk.
 */
export function shouldSetEndpoint({ given, settled, peer, age }: EndpointHistory): boolean {
  if (peer?.endpoint === undefined) return true;
  if (settled !== undefined && settled !== given) return true;
  return (age ?? Infinity) > SESSION_MS;
}

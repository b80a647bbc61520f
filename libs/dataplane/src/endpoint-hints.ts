import { isIP } from 'node:net';
import type { Network, NetworkPeer } from '#network';
import { Subnet } from '#network';
import { canonicalEndpoint, SESSION_MS, type ActualPeer, type Endpoint } from '#wireguard';

/**
 * When to tell WireGuard where a peer is. It follows a peer that moves, and for as long as the two talk it knows
 * better than the engine: a hint counts for a new peer, when the engine has news of it, and when WireGuard has
 * lost the peer. After a restart nothing is known to be news.
 */
export class EndpointHints {
  #settled = new Map<string, string>();

  /**
   * @param age milliseconds since the peer was heard; undefined: never.
   * @returns the endpoint to set; undefined: leave alone the one WireGuard has.
   */
  endpointFor(
    peer: NetworkPeer,
    hint: Endpoint | undefined,
    actual: ActualPeer | undefined,
    age: number | undefined,
  ): Endpoint | undefined {
    if (hint === undefined) return undefined;
    if (actual?.endpoint === undefined) return hint;
    const settled = this.#settled.get(peer.publicKey.text);
    if (settled !== undefined && settled !== textOf(peer, hint)) return hint;
    return (age ?? Infinity) > SESSION_MS ? hint : undefined;
  }

  /** To be called when the hints of these peers have been followed. */
  settle(peers: readonly NetworkPeer[], hintOf: (peer: NetworkPeer) => Endpoint | undefined): void {
    const settled = new Map<string, string>();
    for (const peer of peers) {
      const hint = hintOf(peer);
      const before = this.#settled.get(peer.publicKey.text);
      const now = hint === undefined ? before : textOf(peer, hint);
      if (now !== undefined) settled.set(peer.publicKey.text, now);
    }
    this.#settled = settled;
  }
}

function textOf({ endpointRevision }: NetworkPeer, hint: Endpoint): string {
  return `${endpointRevision} ${hint}`;
}

/**
 * Where the engine says that the peer is. Nowhere, when that is no address, or one inside the network itself: the
 * packets of the tunnel would be sent into the tunnel.
 */
export function hintOf(
  { host, atEngine, port }: NetworkPeer,
  { vpcCidr }: Network,
  engineAddress: string | undefined,
): Endpoint | undefined {
  const address = atEngine ? engineAddress : host;
  if (address === undefined) return undefined;
  const family = isIP(address);
  if (family === 0) return undefined;
  if (family === 4 && vpcCidr.contains(Subnet.parse(`${address}/32`))) return undefined;
  return canonicalEndpoint(family === 4 ? `${address}:${port}` : `[${address}]:${port}`);
}

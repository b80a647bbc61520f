import { createHash } from 'node:crypto';
import type { PublicKey } from './public-key.js';

/** An IPv4 address inside {@link TUNNEL_NETWORK}, dotted. */
export type TunnelAddress = string & { readonly __brand: 'TunnelAddress' };

export const TUNNEL_NETWORK = '10.200.0.0/16';
export const ENGINE_TUNNEL_ADDRESS = '10.200.0.1' as TunnelAddress;

/**
 * The address of a client on `wg-control`: 10.200.h[0].h[1] with h = SHA-256 over the ASCII base64 text of
 * the key. The network's own address and the engine's are stepped over by adding 2.
 * Sixteen bits collide: whoever admits keys must refuse a second key on one address.
 *
 * Source: docs/design.md, "Tunnel address" (kept from the Go project of the same name).
 */
export function tunnelAddress(key: PublicKey): TunnelAddress {
  const hash = createHash('sha256').update(key.text, 'ascii').digest();
  const third = hash[0]!;
  const fourth = third === 0 && hash[1]! <= 1 ? hash[1]! + 2 : hash[1]!;
  return `10.200.${third}.${fourth}` as TunnelAddress;
}

import { randomBytes } from 'node:crypto';
import { PublicKey, tunnelAddress } from '#crypto';

/** A public key whose private half nobody has: almost any 32 bytes below 2^255 - 19 are one, and cost nothing. */
export function newKey(): PublicKey {
  const bytes = randomBytes(32);
  bytes[31]! &= 0x7f;
  return PublicKey.fromBytes(bytes);
}

/** Keys of which no two share a tunnel address. */
export function freeKeys(count: number): PublicKey[] {
  const byAddress = new Map<string, PublicKey>();
  while (byAddress.size < count) {
    const key = newKey();
    if (!byAddress.has(tunnelAddress(key))) byAddress.set(tunnelAddress(key), key);
  }
  return [...byAddress.values()];
}

/** Keys that all share one tunnel address: found by trying, as an attacker would, but on any address. */
export function collidingKeys(count: number): PublicKey[] {
  const byAddress = new Map<string, PublicKey[]>();
  for (;;) {
    const key = newKey();
    const group = [...(byAddress.get(tunnelAddress(key)) ?? []), key];
    if (group.length === count) return group;
    byAddress.set(tunnelAddress(key), group);
  }
}

import { generateKeyPairSync } from 'node:crypto';
import { PublicKey, tunnelAddress } from '#crypto';

/** Test keys by the hundred: Node makes a real pair in a tenth of the time that the portable code takes. */
export function newKey(): PublicKey {
  const { publicKey } = generateKeyPairSync('x25519');
  return PublicKey.fromBytes(Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'));
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

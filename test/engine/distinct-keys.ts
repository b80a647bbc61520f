import { tunnelAddress, type PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';

/** As many keys, none of which share a tunnel address: of two that do the engine admits one. */
export function distinctKeys(count: number): PrivateKey[] {
  const byAddress = new Map<string, PrivateKey>();
  while (byAddress.size < count) {
    const key = generateKey();
    byAddress.set(tunnelAddress(key.publicKey), key);
  }
  return [...byAddress.values()];
}

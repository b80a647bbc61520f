/**
 * Making a new key. A door of its own (`#crypto/generate`): @noble/curves takes longer to load than all the
 * rest of a short command, and only `init` makes keys.
 */
import { x25519 } from '@noble/curves/ed25519.js';
import { PrivateKey } from './private-key.js';

/**
 * A new X25519 key from the system's random source, clamped like `wg genkey`.
 *
 * @throws Error when two independent implementations do not agree on its public key: a fault of this
 *   machine, and no key to use.
 */
export function generateKey(): PrivateKey {
  const secret = x25519.utils.randomSecretKey();
  const key = PrivateKey.parse(Buffer.from(secret).toString('base64'), 'The generated key');
  if (!Buffer.from(x25519.getPublicKey(secret)).equals(key.publicKey.bytes)) {
    throw new Error('X25519 gives two different public keys for one private key on this machine');
  }
  return key;
}

import { createHmac, diffieHellman, hkdfSync } from 'node:crypto';
import type { PrivateKey } from './private-key.js';
import type { PublicKey } from './public-key.js';

/** What the holder of a new key states about it. */
export interface RotationStatement {
  /** 32 bytes that the engine made for this one rotation. */
  readonly nonce: Uint8Array;
  /** Whitelist name. */
  readonly name: string;
  /** The key in force, which the connection has proven. */
  readonly from: PublicKey;
  readonly to: PublicKey;
  readonly engine: PublicKey;
}

const INFO = Buffer.from('banyan rotation 1', 'ascii');

/**
 * The proof that whoever makes the statement holds the private half of `to`, 32 bytes:
 * HMAC-SHA256(secret, nonce ‖ from ‖ to ‖ name), with secret = HKDF-SHA256(X25519(own, peer), empty salt,
 * info `banyan rotation 1` ‖ to ‖ engine) (RFC 2104, RFC 5869, RFC 7748). The info is not that of a channel, so
 * neither secret says anything of the other; the name comes last, for it alone has no fixed length.
 *
 * @param own the private half of `to`, or the engine's, which computes the same.
 */
export function rotationProof(own: PrivateKey, { nonce, name, from, to, engine }: RotationStatement): Buffer {
  const peer = own.publicKey.equals(to) ? engine : to;
  const shared = diffieHellman({ privateKey: own.toKeyObject(), publicKey: peer.toKeyObject() });
  const info = Buffer.concat([INFO, to.bytes, engine.bytes]);
  const secret = Buffer.from(hkdfSync('sha256', shared, Buffer.alloc(0), info, 32));
  return createHmac('sha256', secret).update(nonce).update(from.bytes).update(to.bytes).update(name).digest();
}

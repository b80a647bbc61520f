import { diffieHellman, hkdfSync } from 'node:crypto';
import type { PrivateKey } from './private-key.js';
import type { PublicKey } from './public-key.js';

/** Both ends of a channel; the order is part of the secret, so a client cannot be played back as an engine. */
export interface ChannelEnds {
  readonly client: PublicKey;
  readonly engine: PublicKey;
}

const INFO = Buffer.from('banyan direct 1', 'ascii');

/**
 * The TLS 1.3 external PSK of one client and one engine, 32 bytes:
 * HKDF-SHA256(X25519(own, peer), empty salt, info `banyan direct 1` ‖ client key ‖ engine key).
 * Only the holder of one of the two private keys can compute it (RFC 5869, RFC 7748, RFC 9258).
 */
export function channelSecret(own: PrivateKey, ends: ChannelEnds): Buffer {
  const peer = own.publicKey.equals(ends.client) ? ends.engine : ends.client;
  const shared = diffieHellman({ privateKey: own.toKeyObject(), publicKey: peer.toKeyObject() });
  const info = Buffer.concat([INFO, ends.client.bytes, ends.engine.bytes]);
  return Buffer.from(hkdfSync('sha256', shared, Buffer.alloc(0), info, 32));
}

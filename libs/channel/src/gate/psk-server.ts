import { constants, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { channelSecret, PublicKey, type PrivateKey } from '#crypto';
import { PSK_CIPHERS, PSK_GROUPS } from '../psk.js';

/** Derived secrets kept, one per client key. Beyond it the oldest is derived again: 0.03 ms. */
const SECRETS_KEPT = 20_000;
/** A handshake is three flights; a caller that takes longer is not one of ours. */
const HANDSHAKE_TIMEOUT_MS = 5_000;

/**
 * The TLS 1.3 server that accepts external PSKs and nothing else. It has no certificate, no tickets and no
 * session cache: a ticket would resume a session without asking for the PSK, so a revoked key would come
 * back in. Every well-formed key completes its handshake if the caller holds the private half; whether
 * the key is admitted is answered later, over the proven channel.
 */
export class PskServer {
  readonly #server: Server;
  /** Keys named in the PSK callback. A connection that is not in here took another way in. */
  readonly #named = new WeakMap<TLSSocket, PublicKey>();
  readonly #secrets = new Map<string, Buffer>();

  constructor(
    private readonly privateKey: PrivateKey,
    /** Called once the caller has proven its key. */
    onProven: (socket: TLSSocket, key: PublicKey) => void,
    /** Whether a key exchange is to be spent on a caller that names this key, and has still to prove it. */
    private readonly accepts: (socket: TLSSocket, key: PublicKey) => boolean = () => true,
  ) {
    this.#server = createServer(
      {
        minVersion: 'TLSv1.3',
        ciphers: PSK_CIPHERS,
        ecdhCurve: PSK_GROUPS,
        secureOptions: constants.SSL_OP_NO_TICKET,
        ALPNProtocols: ['h2'],
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        pskCallback: (socket, identity) => this.#secretFor(socket, identity),
      },
      (socket) => {
        const key = this.#named.get(socket);
        if (!key || socket.alpnProtocol !== 'h2') socket.destroy();
        else onProven(socket, key);
      },
    );
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Takes over a raw connection whose first byte is a TLS record. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  #secretFor(socket: TLSSocket, identity: string): Buffer {
    const key = PublicKey.tryParse(identity);
    // Random bytes fail like a wrong secret does, so that an identity's form is no oracle; and before any key exchange,
    // because the hello carries a proof that it knows the secret (RFC 8446, section 4.2.11.2).
    if (!key || !this.accepts(socket, key)) return randomBytes(32);
    this.#named.set(socket, key);
    const kept = this.#secrets.get(key.text);
    if (kept) return kept;
    const secret = channelSecret(this.privateKey, { client: key, engine: this.privateKey.publicKey });
    if (this.#secrets.size >= SECRETS_KEPT) {
      const [oldest] = this.#secrets.keys();
      if (oldest !== undefined) this.#secrets.delete(oldest);
    }
    this.#secrets.set(key.text, secret);
    return secret;
  }
}

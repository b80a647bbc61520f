import { constants, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { channelSecret, type PrivateKey, type PublicKey } from '#crypto';
import { PSK_CIPHERS, PSK_GROUPS } from '../psk.js';
import { parsePskIdentity } from '../psk-identity.js';
import { readInPieces } from './pieces.js';

/** Derived secrets kept, one per pair of keys. Beyond it the oldest is derived again: 0.03 ms. */
const SECRETS_KEPT = 20_000;
/** A handshake is three flights; a caller that takes longer is not one of ours. */
const HANDSHAKE_TIMEOUT_MS = 5_000;

/** The keys that the engine answers by. */
export interface EngineKeys {
  readonly current: PrivateKey;
  /** The one before, while there are clients that know no other. */
  readonly previous?: PrivateKey | undefined;
}

/** What a handshake proves: both halves of it. */
export interface Proof {
  /** The client's. */
  readonly key: PublicKey;
  /** The one of the engine's keys that the client knows. */
  readonly engineKey: PublicKey;
}

/**
 * The TLS 1.3 server that accepts external PSKs and nothing else. It has no certificate, no tickets and no
 * session cache: a ticket would resume a session without asking for the PSK, so a revoked key would come
 * back in. Every well-formed key completes its handshake if the caller holds the private half; whether
 * the key is admitted is answered later, over the proven channel.
 */
export class PskServer {
  readonly #server: Server;
  /** Keys named in the PSK callback. A connection that is not in here took another way in. */
  readonly #named = new WeakMap<TLSSocket, Proof>();
  readonly #secrets = new Map<string, Buffer>();
  #keys: EngineKeys;

  constructor(
    keys: EngineKeys,
    /** Called once both have proven their keys. */
    onProven: (socket: TLSSocket, proof: Proof) => void,
    /** Whether a key exchange is to be spent on a caller that names this key, and has still to prove it. */
    private readonly accepts: (socket: TLSSocket, key: PublicKey) => boolean = () => true,
  ) {
    this.#keys = keys;
    this.#server = createServer(
      {
        minVersion: 'TLSv1.3',
        ciphers: PSK_CIPHERS,
        ecdhCurve: PSK_GROUPS,
        secureOptions: constants.SSL_OP_NO_TICKET,
        // A list is copied for each connection, next to what is soon over, and keeps all of that from being freed.
        ALPNCallback: ({ protocols }) => protocols.find((protocol) => protocol === 'h2'),
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        pskCallback: (socket, identity) => this.#secretFor(socket, identity),
      },
      (socket) => {
        const proof = this.#named.get(socket);
        // The key that it proved may have been taken away during the handshake.
        if (!proof || !this.#holderOf(proof.engineKey) || socket.alpnProtocol !== 'h2') socket.destroy();
        else onProven(socket, proof);
      },
    );
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Takes over a raw connection whose first byte is a TLS record. */
  accept(socket: Socket): void {
    readInPieces(socket);
    this.#server.emit('connection', socket);
  }

  /** Answers by these from now on, and by no others. */
  use(keys: EngineKeys): void {
    this.#keys = keys;
    this.#secrets.clear();
  }

  #holderOf(engineKey: PublicKey): PrivateKey | undefined {
    const { current, previous } = this.#keys;
    return [current, previous].find((key) => key?.publicKey.equals(engineKey));
  }

  #secretFor(socket: TLSSocket, identity: string): Buffer {
    const named = parsePskIdentity(identity);
    const own = named && this.#holderOf(named.engine ?? this.#keys.current.publicKey);
    // Random bytes fail like a wrong secret does, so that an identity's form is no oracle; and before any key exchange,
    // because the hello carries a proof that it knows the secret (RFC 8446, section 4.2.11.2).
    if (!own || !this.accepts(socket, named.client)) return randomBytes(32);
    const ends = { client: named.client, engine: own.publicKey };
    this.#named.set(socket, { key: ends.client, engineKey: ends.engine });
    const pair = `${ends.client.text} ${ends.engine.text}`;
    const kept = this.#secrets.get(pair);
    if (kept) return kept;
    const secret = channelSecret(own, ends);
    if (this.#secrets.size >= SECRETS_KEPT) {
      const [oldest] = this.#secrets.keys();
      if (oldest !== undefined) this.#secrets.delete(oldest);
    }
    this.#secrets.set(pair, secret);
    return secret;
  }
}

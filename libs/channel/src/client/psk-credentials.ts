import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import { channelSecret, type PrivateKey, type PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { PSK_CIPHERS, PSK_GROUPS } from '../psk.js';
import { pskIdentity } from '../psk-identity.js';
import { handshakeError } from './handshake-error.js';

/** grpc-js has no time-out for the handshake of a secure connector: this is it. */
const HANDSHAKE_TIMEOUT_MS = 5_000;

type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/**
 * grpc-js channel credentials that prove our key to the engine, and make the engine prove its own, with a
 * TLS 1.3 external PSK. Built on three underscore methods of grpc-js that have no public counterpart, so
 * its version is pinned; `test/channel/open-engine.spec.ts` fails if they change.
 */
export class PskCredentials extends ChannelCredentials {
  /** Why the last connection attempt failed; grpc-js itself only says that one did. */
  lastError: BanyanError | undefined;
  /** Whether something accepted a connection, so that there is a handshake to wait for. */
  answered = false;
  readonly #secret: Buffer;

  constructor(
    own: PrivateKey,
    private readonly engine: PublicKey,
  ) {
    super();
    const ends = { client: own.publicKey, engine };
    this.identity = pskIdentity(ends);
    this.#secret = channelSecret(own, ends);
  }

  private readonly identity: string;

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(
    _target: unknown,
    _options: unknown,
    callCredentials?: CallCredentials,
  ): SecureConnector {
    return {
      connect: async (socket: Socket) => ({ socket: await this.#handshake(socket), secure: true }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials ?? CallCredentials.createEmpty(),
      destroy: () => undefined,
    };
  }

  async #handshake(socket: Socket): Promise<TLSSocket> {
    this.answered = true;
    try {
      return await this.#connect(socket);
    } catch (error) {
      this.lastError = error instanceof BanyanError ? error : handshakeError(error, this.engine);
      throw this.lastError;
    }
  }

  #connect(socket: Socket): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const tls = connect({
        socket,
        minVersion: 'TLSv1.3',
        ciphers: PSK_CIPHERS,
        ecdhCurve: PSK_GROUPS,
        ALPNProtocols: ['h2'],
        pskCallback: () => ({ identity: this.identity, psk: this.#secret }),
        // A PSK handshake calls neither; a server that offers a certificate instead must fail on both.
        ca: [],
        checkServerIdentity: () => new Error('certificates are not accepted'),
      });
      const timer = setTimeout(() => {
        tls.destroy();
        reject(
          new BanyanError('unavailable', `the handshake did not end within ${HANDSHAKE_TIMEOUT_MS / 1000} s`),
        );
      }, HANDSHAKE_TIMEOUT_MS);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        tls.destroy();
        reject(error);
      };
      const closed = (): void =>
        fail(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }));
      tls.once('error', fail);
      tls.once('close', closed);
      tls.once('secureConnect', () => {
        clearTimeout(timer);
        tls.off('close', closed);
        // A server with a trusted certificate presents one; a PSK peer has none.
        if (tls.alpnProtocol !== 'h2' || Object.keys(tls.getPeerCertificate()).length > 0) {
          return fail(new Error('not a Banyan engine'));
        }
        tls.off('error', fail);
        tls.on('error', () => undefined);
        resolve(tls);
      });
    });
  }
}

import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import type { Etcd3 } from 'etcd3';
import { messageOf } from '#errors';
import type { EtcdAccess } from './access.js';
import { etcdClient } from './client.js';

/** In the place of etcd's words for it, at which `etcd3` would repeat the call for ever. */
const TOKEN_REFUSED = 'the token of this session was refused';
const OF_TOKENS = /etcdserver: (invalid auth token|revision of auth store is old)/;

/**
 * One member of an etcd cluster, and the session of our user on it. Not `etcd3`'s own sessions: those sign in by
 * connections of their own, which go by the proxy that the environment names and are never closed.
 */
export class Member {
  readonly #client: Etcd3;
  /** Of the session: as it is being made, and once it is there. */
  #token: Promise<string> | undefined;
  #current: string | undefined;

  constructor(
    address: string,
    private readonly access: EtcdAccess,
    timeoutMs: number,
  ) {
    this.#client = etcdClient({ address, tls: access.tls, timeoutMs, interceptor: this.#addToken() });
  }

  /**
   * Calls etcd, signed in. A session that etcd knows no more, because it expired or etcd was restarted, is renewed
   * once: a call that was refused for it has done nothing, so it can be made again.
   */
  async call<T>(work: (client: Etcd3) => Promise<T>): Promise<T> {
    await this.#signIn();
    try {
      return await work(this.#client);
    } catch (error) {
      if (!messageOf(error).includes(TOKEN_REFUSED)) throw error;
      await this.#signIn();
      return await work(this.#client);
    }
  }

  close(): void {
    this.#client.close();
  }

  async #signIn(): Promise<void> {
    const { user } = this.access;
    if (user === undefined) return;
    this.#token ??= this.#client.auth.authenticate(user).then(({ token }) => token);
    const token = this.#token;
    try {
      this.#current = await token;
    } catch (error) {
      this.#forget(token);
      throw error;
    }
  }

  #forget(token = this.#token): void {
    if (this.#token !== token) return;
    this.#token = undefined;
    this.#current = undefined;
  }

  #addToken(): Interceptor {
    return (options, nextCall) =>
      new InterceptingCall(nextCall(options), {
        start: (metadata, listener, next) => {
          const { path, responseStream } = options.method_definition;
          const sent = this.#current;
          if (sent !== undefined && !path.endsWith('/Authenticate')) metadata.set('token', sent);
          // A stream of a member without a leader ends then, and does not stay silent.
          if (responseStream) metadata.set('hasleader', 'true');
          next(metadata, {
            onReceiveStatus: (status, pass) => {
              if (!OF_TOKENS.test(status.details)) return pass(status);
              // Not a newer one, that another call has got meanwhile.
              if (this.#current === sent) this.#forget();
              pass({ ...status, details: TOKEN_REFUSED });
            },
          });
        },
      });
  }
}

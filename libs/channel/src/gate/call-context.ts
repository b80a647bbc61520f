import { ServerInterceptingCall, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import { ENGINE_KEY_HEADER } from '../engine-key-header.js';
import type { Connection, Ends } from './connection.js';

/** What a handler finds in `call.getAuthContext()`: the connection the call came on, and who the guard says it is. */
export class CallContext {
  /** The caller's whitelist name, once the guard has admitted it. */
  name: string | undefined;

  constructor(readonly connection: Connection | undefined) {}
}

/**
 * Gives every call its connection, as a typed auth context. `AsyncLocalStorage` does not reach handlers,
 * and grpc-js has no other public place that does.
 *
 * @param announce the key that the caller of a connection should learn, in base64; undefined: it knows it.
 */
export function identify(
  find: (ends: Ends) => Connection | undefined,
  announce: (connection: Connection) => string | undefined,
): ServerInterceptor {
  return (_method, call) => new IdentifiedCall(call, find, announce);
}

class IdentifiedCall extends ServerInterceptingCall {
  #context: CallContext | undefined;

  constructor(
    private readonly inner: ConstructorParameters<typeof ServerInterceptingCall>[0],
    private readonly find: (ends: Ends) => Connection | undefined,
    private readonly announce: (connection: Connection) => string | undefined,
  ) {
    super(inner);
  }

  override sendMetadata(metadata: Metadata): void {
    const { connection } = this.getAuthContext();
    const news = connection && this.announce(connection);
    if (news !== undefined) metadata.set(ENGINE_KEY_HEADER, news);
    super.sendMetadata(metadata);
  }

  override getAuthContext(): CallContext & ReturnType<ServerInterceptingCall['getAuthContext']> {
    this.#context ??= new CallContext(this.find(this.inner.getConnectionInfo()));
    return this.#context;
  }
}

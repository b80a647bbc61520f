import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
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
 */
export function identify(find: (ends: Ends) => Connection | undefined): ServerInterceptor {
  return (_method, call) => new IdentifiedCall(call, find);
}

class IdentifiedCall extends ServerInterceptingCall {
  #context: CallContext | undefined;

  constructor(
    private readonly inner: ConstructorParameters<typeof ServerInterceptingCall>[0],
    private readonly find: (ends: Ends) => Connection | undefined,
  ) {
    super(inner);
  }

  override getAuthContext(): CallContext & ReturnType<ServerInterceptingCall['getAuthContext']> {
    this.#context ??= new CallContext(this.find(this.inner.getConnectionInfo()));
    return this.#context;
  }
}

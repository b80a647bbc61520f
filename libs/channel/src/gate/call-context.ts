import type { ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { BanyanError } from '#errors';
import { toStatus } from '../status-error.js';
import type { Connection, Ends } from './connection.js';

/** What a handler finds in `call.getAuthContext()`: the connection the call came on, and who the guard says it is. */
export class CallContext {
  /** The caller's whitelist name, once the guard has admitted it. */
  name: string | undefined;

  constructor(readonly connection: Connection | undefined) {}
}

type InnerCall = ConstructorParameters<typeof ServerInterceptingCall>[0];

/**
 * What a call may cost its connection.
 * @returns why it may not be made; else whom to tell of its end, if anybody.
 */
export type Meter = (connection: Connection) => BanyanError | (() => void) | undefined;

/**
 * Gives every call its connection, as a typed auth context, and refuses those above a limit before anything is done
 * for them. `AsyncLocalStorage` does not reach handlers, and grpc-js has no other public place that does.
 */
export function identify(
  find: (ends: Ends) => Connection | undefined,
  meter: Meter = () => undefined,
): ServerInterceptor {
  return (_method, call) => {
    const connection = find(call.getConnectionInfo());
    const metered = connection && meter(connection);
    if (metered instanceof BanyanError) return new RefusedCall(call, metered);
    if (metered) onceEnded(call, metered);
    return new IdentifiedCall(call, new CallContext(connection));
  };
}

/**
 * When nothing of a call is left to be sent either: a caller that does not read what it asked for has its calls open.
 * grpc-js tells interceptors nothing of this, so the field is a private one, and its version is pinned.
 */
function onceEnded(call: InnerCall, then: () => void): void {
  const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
  if (stream.closed || stream.destroyed) then();
  else stream.once('close', then);
}

class IdentifiedCall extends ServerInterceptingCall {
  constructor(
    inner: InnerCall,
    private readonly context: CallContext,
  ) {
    super(inner);
  }

  override getAuthContext(): CallContext & ReturnType<ServerInterceptingCall['getAuthContext']> {
    return this.context;
  }
}

/** Is answered, and never reaches a handler. */
class RefusedCall extends ServerInterceptingCall {
  constructor(
    private readonly inner: InnerCall,
    private readonly reason: BanyanError,
  ) {
    super(inner);
  }

  override start(): void {
    this.inner.sendStatus({ ...toStatus(this.reason), metadata: null });
  }
}

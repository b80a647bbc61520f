import { ServerInterceptingCall, status, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import { ENGINE_KEY_HEADER } from '../engine-key-header.js';
import type { Connection, Ends } from './connection.js';

/** What a handler finds in `call.getAuthContext()`: the connection the call came on, and who the guard says it is. */
export class CallContext {
  /** The caller's whitelist name, once the guard has admitted it. */
  name: string | undefined;

  constructor(readonly connection: Connection | undefined) {}
}

/** Told of every call that has ended: its path, as `/banyan.v1.EngineService/Health`, and its status code. */
export type CallObserver = (path: string, code: status) => void;

/**
 * Gives every call its connection, as a typed auth context. `AsyncLocalStorage` does not reach handlers,
 * and grpc-js has no other public place that does.
 *
 * @param announce the key that the caller of a connection should learn, in base64; undefined: it knows it.
 */
export function identify(
  find: (ends: Ends) => Connection | undefined,
  announce: (connection: Connection) => string | undefined,
  ended: CallObserver = () => undefined,
): ServerInterceptor {
  return ({ path }, call) => new IdentifiedCall(call, find, announce, (code) => ended(path, code));
}

type Inner = ConstructorParameters<typeof ServerInterceptingCall>[0];
type Responder = Parameters<ServerInterceptingCall['start']>[0];

class IdentifiedCall extends ServerInterceptingCall {
  #context: CallContext | undefined;
  #ended = false;

  constructor(
    private readonly inner: Inner,
    private readonly find: (ends: Ends) => Connection | undefined,
    private readonly announce: (connection: Connection) => string | undefined,
    private readonly ended: (code: status) => void,
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

  override start(listener: Responder): void {
    super.start({
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => {
        this.#end(status.CANCELLED);
        listener.onCancel();
      },
    });
  }

  override sendStatus(answer: Parameters<ServerInterceptingCall['sendStatus']>[0]): void {
    this.#end(answer.code ?? status.UNKNOWN);
    super.sendStatus(answer);
  }

  /** A call that has its status is cancelled as well when its stream closes. */
  #end(code: status): void {
    if (this.#ended) return;
    this.#ended = true;
    this.ended(code);
  }
}

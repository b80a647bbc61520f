import type { ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, status, type Metadata, type ServerInterceptor } from '@grpc/grpc-js';
import { BanyanError } from '#errors';
import { ENGINE_KEY_HEADER } from '../engine-key-header.js';
import { toStatus } from '../status-error.js';
import type { Connection, Ends } from './connection.js';
import { writeInPieces } from './pieces.js';

/** What a handler finds in `call.getAuthContext()`: the connection the call came on, and who the guard says it is. */
export class CallContext {
  /** The caller's whitelist name, once the guard has admitted it. */
  name: string | undefined;

  constructor(readonly connection: Connection | undefined) {}
}

/** A call that has ended. */
export interface EndedCall {
  /** As `EngineService/Health`. */
  readonly method: string;
  readonly code: status;
  /** Undefined when its connection was gone before it began. */
  readonly connection: Connection | undefined;
  /** The caller's whitelist name, where the guard has admitted it. */
  readonly name: string | undefined;
  readonly milliseconds: number;
}

/** Told of every call that has ended. */
export type CallObserver = (call: EndedCall) => void;

/** Where calls are looked at before anything is done for them. */
export interface Desk {
  readonly find: (ends: Ends) => Connection | undefined;
  /** @returns why a call may not be made; else whom to tell when nothing of it is left, if anybody. */
  readonly meter: (connection: Connection) => BanyanError | (() => void) | undefined;
  /** The engine's key that the caller of a connection should learn, in base64; undefined: it knows it. */
  readonly announce: (connection: Connection) => string | undefined;
  readonly ended: CallObserver;
}

/**
 * Gives every call its connection, as a typed auth context, and refuses those above a limit. `AsyncLocalStorage`
 * does not reach handlers, and grpc-js has no other public place that does.
 */
export function identify({ find, meter, announce, ended }: Desk): ServerInterceptor {
  return ({ path, responseStream }, call) => {
    const connection = find(call.getConnectionInfo());
    // What is answered once is small, or an operator's, of whom there are few.
    if (responseStream && connection?.provenKey) writeInPieces(streamOf(call));
    const metered = connection && meter(connection);
    const context = new CallContext(connection);
    const started = performance.now();
    const observer = (code: status): void => {
      const method = path.slice(PACKAGE.length);
      ended({ method, code, connection, name: context.name, milliseconds: performance.now() - started });
    };
    if (metered instanceof BanyanError) return new RefusedCall(call, metered, observer);
    if (metered) onceGone(call, metered);
    const news = connection && announce(connection);
    return new IdentifiedCall(call, context, news, observer);
  };
}

/** What every path of ours begins with. */
const PACKAGE = '/banyan.v1.';

type Inner = ConstructorParameters<typeof ServerInterceptingCall>[0];
type Responder = Parameters<ServerInterceptingCall['start']>[0];

/** grpc-js does not show it to interceptors, so the field is a private one, and its version is pinned. */
function streamOf(call: Inner): ServerHttp2Stream {
  return (call as unknown as { readonly stream: ServerHttp2Stream }).stream;
}

/** When nothing of a call is left to be sent either: a caller that does not read what it asked for has its calls open. */
function onceGone(call: Inner, then: () => void): void {
  const stream = streamOf(call);
  if (stream.closed || stream.destroyed) then();
  else stream.once('close', then);
}

class IdentifiedCall extends ServerInterceptingCall {
  #ended = false;

  constructor(
    inner: Inner,
    private readonly context: CallContext,
    private readonly news: string | undefined,
    private readonly ended: (code: status) => void,
  ) {
    super(inner);
  }

  override sendMetadata(metadata: Metadata): void {
    if (this.news !== undefined) metadata.set(ENGINE_KEY_HEADER, this.news);
    super.sendMetadata(metadata);
  }

  override getAuthContext(): CallContext & ReturnType<ServerInterceptingCall['getAuthContext']> {
    return this.context;
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

/** Is answered, and never reaches a handler. */
class RefusedCall extends ServerInterceptingCall {
  constructor(
    private readonly inner: Inner,
    private readonly reason: BanyanError,
    private readonly ended: (code: status) => void,
  ) {
    super(inner);
  }

  override start(): void {
    const answer = toStatus(this.reason);
    this.ended(answer.code);
    this.inner.sendStatus({ ...answer, metadata: null });
  }
}

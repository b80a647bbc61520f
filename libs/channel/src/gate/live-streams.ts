import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

/** How grpc-js 1.14 takes a stream, with and without channelz. */
type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: unknown) => void;
const HANDLERS = ['_streamHandler', '_channelzHandler'] as const;

/**
 * Keeps streams from grpc-js that are gone before it sees them: reset, or with a broken connection, by what came in
 * the same packet as the call. It answers calls that it cannot serve (another content type, a method that there is
 * not) without a look; on such a stream Node throws then, where nobody can catch it, and anybody could end the
 * process. Private methods of grpc-js, so its version is pinned; `test/adversary/sockets.spec.ts` fails without this.
 *
 * @throws Error when grpc-js is built otherwise.
 */
export function serveLiveStreamsOnly(server: Server): void {
  const handlers = server as unknown as Record<(typeof HANDLERS)[number], StreamHandler>;
  for (const name of HANDLERS) {
    const serve = handlers[name];
    if (typeof serve !== 'function') throw new Error(`this version of grpc-js has no ${name}`);
    handlers[name] = (interceptors, stream, headers) => {
      // What is left of a stream may still tell of an error, which has to have a listener.
      if (stream.destroyed || stream.closed) stream.on('error', () => undefined);
      else serve.call(server, interceptors, stream, headers);
    };
  }
}

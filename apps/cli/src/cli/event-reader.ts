import type { ClientReadableStream } from '@grpc/grpc-js';
import { fromStatus, type EngineConnection } from '#channel';
import type { Event, FollowEventsRequest, FollowEventsResponse } from '#protocol';
import { jsonText } from '../json-text.js';

/**
 * Reads the engine's events until it has sent all, or for as long as it follows.
 *
 * @param show is told of each, and writes to standard output: while that is full nothing more is read, and the engine
 *   says how much was missed.
 * @throws BanyanError of the kind the engine sent; of `unavailable` when the connection breaks.
 */
export async function readEvents(
  engine: EngineConnection,
  request: FollowEventsRequest,
  signal: AbortSignal,
  show: (response: FollowEventsResponse) => void,
): Promise<void> {
  const stream: ClientReadableStream<FollowEventsResponse> = engine.operator.followEvents(
    request,
    engine.metadata(),
  );
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (response: FollowEventsResponse) => {
        show(response);
        if (!process.stdout.writableNeedDrain) return;
        stream.pause();
        process.stdout.once('drain', () => stream.resume());
      });
      stream.on('end', resolve);
      stream.on('error', (error) => {
        if (signal.aborted) resolve();
        else reject(fromStatus(error as Parameters<typeof fromStatus>[0]));
      });
      if (signal.aborted) cancel();
    });
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** As a line of the engine's log: `TIME LEVEL EVENT NAME: MESSAGE`. */
export function eventText({ timeMs, level, event, name, message }: Event): string {
  const who = name === '' ? '' : ` ${name}`;
  return `${new Date(timeMs).toISOString()} ${level.toUpperCase().padEnd(5)} ${event}${who}: ${message}`;
}

/** As a line of the engine's log with `log_format: "json"`. */
export function eventJson({ timeMs, level, event, name, message }: Event): string {
  const who = name === '' ? {} : { name };
  return jsonText({ time: new Date(timeMs).toISOString(), level, event, ...who, message });
}

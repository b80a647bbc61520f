import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { SyncRequest, SyncResponse } from '#protocol';

type Message = NonNullable<SyncRequest['message']>;

/** Answers that wait: the engine has no more questions open. */
const ANSWERS = 64;

/**
 * What this agent says on its stream. For an engine that does not read, the newest of each kind waits and no more; of
 * answers the newest to each question.
 */
export class Outbox {
  readonly #waiting = new Map<string, Message>();

  constructor(private readonly stream: ClientDuplexStream<SyncRequest, SyncResponse>) {
    stream.on('drain', () => this.#flush());
  }

  put(message: Message): void {
    const kind = kindOf(message);
    if (message.$case === 'pong' && !this.#waiting.has(kind) && this.#waiting.size >= ANSWERS) return;
    this.#waiting.set(kind, message);
    this.#flush();
  }

  #flush(): void {
    for (const [kind, message] of this.#waiting) {
      if (this.stream.writableNeedDrain || !this.stream.writable) return;
      this.#waiting.delete(kind);
      this.stream.write({ message });
    }
  }
}

/** A part of the links does not take the place of all of them, which somebody else has asked for. */
function kindOf(message: Message): string {
  if (message.$case === 'pong') return `pong ${message.value.id}`;
  if (message.$case === 'links') return message.value.leftOut === 0 ? 'links' : 'some links';
  return message.$case;
}

import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { SyncRequest, SyncResponse } from '#protocol';

type Message = NonNullable<SyncRequest['message']>;

/** What this agent says on its stream. For an engine that does not read, the newest of each kind waits and no more. */
export class Outbox {
  readonly #waiting = new Map<Message['$case'], Message>();

  constructor(private readonly stream: ClientDuplexStream<SyncRequest, SyncResponse>) {
    stream.on('drain', () => this.#flush());
  }

  put(message: Message): void {
    this.#waiting.set(message.$case, message);
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

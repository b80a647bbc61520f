import type { OnModuleDestroy } from '@nestjs/common';
import { Subject } from 'rxjs';
import { log } from '#log';
import { EventHistory } from './event-history.js';

/** What the log says that operators are told of, from the first line of this engine on. */
export class NotableEvents implements OnModuleDestroy {
  readonly history = new EventHistory();
  /** There is one more. */
  readonly news = new Subject<void>();
  readonly #leave = log.follow((said) => {
    this.history.add(said);
    this.news.next();
  });

  onModuleDestroy(): void {
    this.#leave();
  }
}

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { Connection } from '#channel';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { Knocks, type Knock, type Stranger } from './knocks.js';

/** Who proved a key that is not on the whitelist, until it is. In memory only. */
@Injectable()
export class Strangers implements OnModuleInit, OnModuleDestroy {
  readonly #knocks = new Knocks();
  /** What each connection has knocked for. */
  readonly #seen = new WeakMap<Connection, ReadonlySet<Knock['role']>>();
  #changes: Subscription | undefined;

  constructor(private readonly whitelist: WhitelistService) {}

  onModuleInit(): void {
    this.#changes = this.whitelist.changes.subscribe(({ admitted }) => {
      for (const { publicKey } of admitted) this.#knocks.forget(publicKey);
    });
  }

  onModuleDestroy(): void {
    this.#changes?.unsubscribe();
  }

  /** Calls on one connection are one knock: a command makes several at once. */
  note(knock: Knock, connection: Connection): void {
    if (this.#seen.get(connection)?.has(knock.role)) return;
    this.#seen.set(connection, new Set(this.#seen.get(connection)).add(knock.role));
    this.#knocks.note(knock, { wall: Date.now(), steady: performance.now() });
  }

  /** The one that came last first. */
  list(): Stranger[] {
    return this.#knocks.list();
  }
}

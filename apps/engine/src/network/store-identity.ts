import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { BanyanError } from '#errors';
import { log } from '#log';
import { STORE, type Store } from '../store/store.js';
import { SeenStore } from './seen-store.js';
import {
  branchedFrom,
  decodeStoreId,
  encodeStoreId,
  newStoreId,
  STORE_ID_KEY,
  wentBack,
  type StoreId,
} from './store-id.js';

/** Revisions of one start of the engine. With 2^21 starts, a revision is still a safe integer. */
const REVISIONS = 2 ** 32;
const ATTEMPTS = 20;

/**
 * Which store this is, and where the revisions of this start begin: above those of every earlier start, without
 * a write for each. A store that is lost has another id when it comes back, and one that has gone back in time
 * is given another: agents hold what either would take from them until an operator adopts it.
 */
@Injectable()
export class StoreIdentity implements OnModuleInit {
  #now: StoreId = { id: '', starts: 0 };

  constructor(
    @Inject(STORE) private readonly store: Store,
    private readonly seen: SeenStore,
  ) {}

  get id(): string {
    return this.#now.id;
  }

  get firstRevision(): number {
    return this.#now.starts * REVISIONS;
  }

  /** @throws BanyanError of the store; `host` when what it says of itself is damaged. */
  async onModuleInit(): Promise<void> {
    const seen = await this.seen.read();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const entry = await this.store.get(STORE_ID_KEY);
      const found = entry ? decodeStoreId(entry.value) : newStoreId();
      const isBack = seen !== undefined && wentBack(found, seen);
      const { id, starts } = isBack ? branchedFrom(found, seen) : found;
      const next = { id, starts: starts + 1 };
      const compare = { key: STORE_ID_KEY, revision: entry?.revision ?? 0 };
      const put = { kind: 'put', key: STORE_ID_KEY, value: encodeStoreId(next) } as const;
      if (!(await this.store.transact([compare], [put]))) continue;
      await this.seen.write(next);
      this.#now = next;
      if (isBack) {
        log.say(
          'store.went_back',
          'the store holds what it held at an earlier time: agents that know more keep their network until `banyan-engine adopt`',
        );
      }
      return;
    }
    throw new BanyanError('unavailable', 'other engines keep changing the store at the same time', {
      remedy: 'Run one engine for each network: stop the others.',
    });
  }
}

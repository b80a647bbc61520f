import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { BanyanError } from '#errors';
import { STORE, type Store } from '../store/store.js';

const KEY = 'network/store';
/** Revisions of one start of the engine. With 2^21 starts, a revision is still a safe integer. */
const REVISIONS = 2 ** 32;
const ATTEMPTS = 20;

/**
 * Which store this is, and where the revisions of this start begin: above those of every earlier start, without
 * a write for each. A store that is lost has another id when it comes back; one that is old counts too low.
 */
@Injectable()
export class StoreIdentity implements OnModuleInit {
  #id = '';
  #starts = 0;

  constructor(@Inject(STORE) private readonly store: Store) {}

  /** Random, made with the store. */
  get id(): string {
    return this.#id;
  }

  get firstRevision(): number {
    return this.#starts * REVISIONS;
  }

  /** @throws BanyanError of the store; `host` when what it says of itself is damaged. */
  async onModuleInit(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const entry = await this.store.get(KEY);
      const { id, starts } = entry ? decode(entry.value) : { id: randomUUID(), starts: 0 };
      const value = JSON.stringify({ id, starts: starts + 1 });
      const compare = { key: KEY, revision: entry?.revision ?? 0 };
      if (!(await this.store.transact([compare], [{ kind: 'put', key: KEY, value }]))) continue;
      [this.#id, this.#starts] = [id, starts + 1];
      return;
    }
    throw new BanyanError('unavailable', 'other engines keep changing the store at the same time', {
      remedy: 'Run one engine for each network: stop the others.',
    });
  }
}

function decode(value: string): { id: string; starts: number } {
  try {
    const { id, starts } = JSON.parse(value) as Record<string, unknown>;
    if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) && Number.isSafeInteger(starts)) {
      return { id, starts: starts as number };
    }
  } catch {
    // Said below.
  }
  throw new BanyanError('host', `the store's ${KEY} is damaged`, {
    remedy: 'Put back a copy of the store; the README says where it is.',
  });
}

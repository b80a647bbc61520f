import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { Knocks, type Knock, type Stranger } from './knocks.js';

/** Who proved a key that is not on the whitelist, until it is. In memory only. */
@Injectable()
export class Strangers implements OnModuleInit, OnModuleDestroy {
  readonly #knocks = new Knocks();
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

  note(knock: Knock): void {
    this.#knocks.note(knock, { wall: Date.now(), steady: performance.now() });
  }

  /** The one that came last first. */
  list(): Stranger[] {
    return this.#knocks.list();
  }
}

import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { STORE, type Store } from '../store/store.js';

const KEY = 'network/adopted';

/**
 * Whether an operator confirmed that this store takes the place of another, for agents that know another.
 * Kept in the store: a store that is lost again has to be confirmed again.
 */
@Injectable()
export class Adoption implements OnModuleInit {
  #adopted = false;

  constructor(@Inject(STORE) private readonly store: Store) {}

  get adopted(): boolean {
    return this.#adopted;
  }

  async onModuleInit(): Promise<void> {
    this.#adopted = (await this.store.get(KEY)) !== undefined;
  }

  /** @throws BanyanError when it is not known to be in the store; trying again is right. */
  async adopt(): Promise<void> {
    await this.store.transact([], [{ kind: 'put', key: KEY, value: new Date().toISOString() }]);
    this.#adopted = true;
  }
}

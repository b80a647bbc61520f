import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { STORE, type Store } from '../store/store.js';
import { StoreIdentity } from './store-identity.js';

const KEY = 'network/adopted';

/**
 * Whether an operator confirmed that this store takes the place of another, for agents that know another.
 * Kept in the store, with the id that was confirmed: a store that is lost again, or becomes another by going
 * back in time, has to be confirmed again.
 */
@Injectable()
export class Adoption implements OnModuleInit {
  #adopted: string | undefined;

  constructor(
    @Inject(STORE) private readonly store: Store,
    private readonly identity: StoreIdentity,
  ) {}

  get adopted(): boolean {
    return this.#adopted === this.identity.id;
  }

  async onModuleInit(): Promise<void> {
    this.#adopted = (await this.store.get(KEY))?.value;
  }

  /** @throws BanyanError when it is not known to be in the store; trying again is right. */
  async adopt(): Promise<void> {
    const { id } = this.identity;
    await this.store.transact([], [{ kind: 'put', key: KEY, value: id }]);
    this.#adopted = id;
  }
}

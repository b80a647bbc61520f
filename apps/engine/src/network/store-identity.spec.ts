import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedStore } from '../store/embedded/embedded-store.js';
import type { Store } from '../store/store.js';
import { StoreIdentity } from './store-identity.js';

const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };

describe('the identity of a store', () => {
  let directory: string;
  let store: Store;

  const start = async (): Promise<StoreIdentity> => {
    const identity = new StoreIdentity(store);
    await identity.onModuleInit();
    return identity;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-identity-'));
    store = await EmbeddedStore.open(directory, silent);
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  it('stays, while revisions begin above those of every earlier start', async () => {
    const [one, two] = [await start(), await start()];
    expect(two.id).toBe(one.id);
    expect(two.firstRevision - one.firstRevision).toBe(2 ** 32);
    expect(Number.isSafeInteger(two.firstRevision)).toBe(true);
  });

  it('counts two starts at the same time as two', async () => {
    const both = await Promise.all([start(), start()]);
    expect(new Set(both.map(({ firstRevision }) => firstRevision)).size).toBe(2);
    expect(new Set(both.map(({ id }) => id)).size).toBe(1);
  });

  it('is not made up when it is damaged', async () => {
    await store.transact([], [{ kind: 'put', key: 'network/store', value: '{}' }]);
    await expect(start()).rejects.toMatchObject({
      kind: 'host',
      message: "the store's network/store is damaged",
    });
  });
});

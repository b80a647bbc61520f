import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT } from '#log';
import { EmbeddedStore } from '../store/embedded/embedded-store.js';
import type { Store } from '../store/store.js';
import { Adoption } from './adoption.js';
import { SeenStore } from './seen-store.js';
import { StoreIdentity } from './store-identity.js';

describe('the identity of a store', () => {
  let directory: string;
  let store: Store;

  const start = async (): Promise<StoreIdentity> => {
    const identity = new StoreIdentity(store, new SeenStore(directory));
    await identity.onModuleInit();
    return identity;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-identity-'));
    store = await EmbeddedStore.open(directory, SILENT);
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

  describe('that is put back to an earlier time', () => {
    const file = () => join(directory, 'store');
    const earlier = () => join(directory, 'earlier');
    const adoption = async (identity: StoreIdentity): Promise<Adoption> => {
      const adoption = new Adoption(store, identity);
      await adoption.onModuleInit();
      return adoption;
    };
    const goBack = async () => {
      await store.close();
      await copyFile(earlier(), file());
      store = await EmbeddedStore.open(directory, SILENT);
    };

    it('becomes another, above all that was seen, and nobody has adopted it', async () => {
      const first = await start();
      await (await adoption(first)).adopt();
      expect((await adoption(await start())).adopted).toBe(true);
      await copyFile(file(), earlier());
      const last = await start();
      await goBack();
      const back = await start();
      expect(back.id).not.toBe(last.id);
      expect(back.firstRevision).toBeGreaterThan(last.firstRevision);
      expect((await adoption(back)).adopted).toBe(false);
      const next = await start();
      expect(next.id).toBe(back.id);
      expect(next.firstRevision).toBeGreaterThan(back.firstRevision);
    });

    it('on a host that never saw it stays what it says, with revisions below those that agents know', async () => {
      await start();
      await copyFile(file(), earlier());
      await start();
      const last = await start();
      await goBack();
      await rm(join(directory, 'seen-store.json'));
      const back = await start();
      expect(back.id).toBe(last.id);
      expect(back.firstRevision).toBeLessThan(last.firstRevision);
    });

    it('is told from one that another engine has used meanwhile', async () => {
      const first = await start();
      const seen = await readFile(join(directory, 'seen-store.json'), 'utf8');
      await start();
      await writeFile(join(directory, 'seen-store.json'), seen);
      expect((await start()).id).toBe(first.id);
    });

    it('is told from one about which the record is damaged', async () => {
      const first = await start();
      await writeFile(join(directory, 'seen-store.json'), 'nonsense');
      expect((await start()).id).toBe(first.id);
    });
  });
});

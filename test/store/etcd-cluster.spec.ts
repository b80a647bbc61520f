import { openStore } from '../../apps/engine/src/store/open.js';
import type { Store } from '../../apps/engine/src/store/store.js';
import { until } from '../lab/index.js';
import { EtcdCluster } from './etcd-cluster.js';
import { recordingLog } from './log.js';

const put = (key: string, value: string) => ({ kind: 'put', key, value }) as const;

/** Asks again where that fails, and takes the first answer for what it is: one that is stale would be right in a while. */
async function valueOf(store: Store, key: string): Promise<string | undefined> {
  const { entry } = await until(async () => ({ entry: await store.get(key) }));
  return entry?.value;
}

describe('a store in an etcd of three', () => {
  let cluster: EtcdCluster;
  let store: Store;
  beforeAll(async () => {
    cluster = await EtcdCluster.start();
  });
  afterAll(() => cluster?.destroy());

  const log = recordingLog();
  const open = () =>
    openStore({ backend: 'etcd', addresses: cluster.addresses, access: {}, stateDir: '/nowhere' }, log);
  beforeEach(async () => {
    // One of them may have come back just before.
    store = await until(open);
  });
  afterEach(() => store.close());

  /** Waits until a change is made and its watcher told. */
  const changed = async (key: string): Promise<void> => {
    let seen = false;
    const watch = store.watch(key, () => {
      void store.get(key).then(
        (entry) => (seen ||= entry !== undefined),
        () => undefined,
      );
    });
    await until(() => store.transact([], [put(key, '1')]), { what: `${key} is written` });
    await until(() => seen, { what: `the watcher of ${key} is told` });
    watch.close();
  };

  it.each([0, 1, 2])('goes on without member %i, whichever leads, and takes it back', async (number) => {
    const lost = cluster.members[number]!;
    await changed(`before/${number}`);
    await lost.kill();
    // An election takes one to two seconds, and one call may be lost with the connection.
    await changed(`without/${number}`);
    const again = await until(open);
    expect(await valueOf(again, `without/${number}`)).toBe('1');
    await again.close();
    await lost.start({ name: `m${number}` });
  });

  it('goes on when the member it uses freezes', async () => {
    await changed('frozen/before');
    const [used] = cluster.members;
    await used!.freeze();
    try {
      await changed('frozen/after');
    } finally {
      used!.resume();
    }
  });

  it('loses no increment while members come and go', async () => {
    const key = 'counter';
    let acknowledged = 0;
    let unknown = 0;
    let stop = false;
    const count = async (): Promise<void> => {
      while (!stop) {
        try {
          const entry = await store.get(key);
          const next = put(key, String(Number(entry?.value ?? 0) + 1));
          if (await store.transact([{ key, revision: entry?.revision ?? 0 }], [next])) acknowledged += 1;
        } catch (error) {
          expect(error).toMatchObject({ kind: 'unavailable' });
          unknown += 1;
        }
      }
    };
    const counting = count();
    for (const number of [0, 1]) {
      const before = acknowledged;
      await cluster.members[number]!.kill();
      await until(() => acknowledged > before + 10, { what: 'it counts on' });
      await cluster.members[number]!.start({ name: `m${number}` });
    }
    stop = true;
    await counting;
    // Who leads may be about to change: a member has just come back.
    const counted = Number(await valueOf(store, key));
    expect(counted).toBeGreaterThanOrEqual(acknowledged);
    expect(counted).toBeLessThanOrEqual(acknowledged + unknown);
  });

  it('says unavailable, naming all members, when the majority is gone', async () => {
    const [one, two] = cluster.members;
    await Promise.all([one!.kill(), two!.kill()]);
    await expect(store.transact([], [put('minority', '1')])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(cluster.addresses.join(', ')) as string,
    });
    await Promise.all([one!.start({ name: 'm0' }), two!.start({ name: 'm1' })]);
    await until(() => store.transact([], [put('majority', '1')]), { what: 'the cluster is used again' });
  });
});

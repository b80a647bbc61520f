import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BanyanError } from '#errors';
import { SILENT } from '#log';
import { Adoption } from '../network/adoption.js';
import { SeenStore } from '../network/seen-store.js';
import { StoreIdentity } from '../network/store-identity.js';
import { EmbeddedStore } from '../store/embedded/embedded-store.js';
import { LiveEngines } from '../store/live/live-engines.js';
import type { Store } from '../store/store.js';
import type { Backup } from './backup.js';
import { restore } from './restore.js';
import { takeBackup } from './take-backup.js';

const put = (key: string, value = '') => ({ kind: 'put', key, value }) as const;
/** A refresh is a write to the disk, which may take a while. */
const TIMES = { refreshMs: 40, deadAfterMs: 1_500 };
/** For what nobody refreshes: after a pause of so long between two looks waiting begins anew, and a machine has pauses. */
const DEAD_TIMES = { refreshMs: 5_000, deadAfterMs: 1_500 };

describe('restoring a backup', () => {
  let stateDir: string;
  let store: Store;
  const joined: LiveEngines[] = [];

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-restore-'));
    store = await EmbeddedStore.open(stateDir, SILENT);
  });
  afterEach(async () => {
    for (const engines of joined.splice(0)) await engines.leave();
    await store.close();
    await rm(stateDir, { recursive: true });
  });

  const backup = (): Promise<Backup> =>
    takeBackup({ backend: 'embedded', addresses: [], access: {}, stateDir }, SILENT);
  const engine = async (): Promise<LiveEngines> => {
    const engines = await LiveEngines.join(store, true, SILENT, TIMES);
    joined.push(engines);
    return engines;
  };
  const identity = async (): Promise<StoreIdentity> => {
    const identity = new StoreIdentity(store, new SeenStore(stateDir));
    await identity.onModuleInit();
    return identity;
  };
  /** All but the identity, which a restore changes, as `key=value`. */
  const held = async (): Promise<string[]> =>
    (await store.list(''))
      .filter(({ key }) => key !== 'network/store')
      .map(({ key, value }) => `${key}=${value}`);
  const fill = async (value: string, from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n += 100) {
      const keys = Array.from({ length: Math.min(100, to - n) }, (_, i) => `agents/${n + i}`);
      await store.transact(
        [],
        keys.map((key) => put(key, value)),
      );
    }
  };
  /** The store, which is away from the given transaction on. */
  const failingFrom = (number: number): Store => {
    let left = number;
    return new Proxy(store, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        if (name !== 'transact') return method.bind(target);
        return (...args: unknown[]) => {
          left -= 1;
          return left < 0
            ? Promise.reject(new BanyanError('unavailable', 'away'))
            : method.apply(target, args);
        };
      },
    });
  };

  it('makes the store hold that and nothing else, and leaves no trace of itself', async () => {
    await fill('old', 0, 300);
    const taken = await backup();
    const before = await held();
    await fill('new', 200, 400);
    await store.transact([], [{ kind: 'delete', key: 'agents/7' }]);
    await restore(store, taken, { force: true });
    expect(await held()).toEqual(before);
  });

  it('is refused where the store holds something, unless it is forced', async () => {
    const taken = await backup();
    await fill('precious', 0, 1);
    await expect(restore(store, taken, { force: false })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('(entries: 1)') as string,
      remedy: expect.stringContaining('--force') as string,
    });
    expect(await held()).toEqual(['agents/0=precious']);
  });

  it('leaves out of a backup what is about an engine at work', async () => {
    await engine();
    await fill('', 0, 1);
    expect((await backup()).entries.map(({ key }) => key)).toEqual(['agents/0']);
  });

  it('makes another store of it, above all revisions of both, which nobody has adopted', async () => {
    const first = await identity();
    const adoption = new Adoption(store, first);
    await adoption.adopt();
    const taken = await backup();
    await identity();
    const last = await identity();
    await restore(store, taken, { force: true });
    const restored = await identity();
    expect(restored.id).not.toBe(first.id);
    expect(restored.firstRevision).toBeGreaterThan(last.firstRevision);
    const read = new Adoption(store, restored);
    await read.onModuleInit();
    expect(read.adopted).toBe(false);
  });

  it('that is cut off at any transaction leaves all as it was, or a store on which no engine starts until it is done again', async () => {
    await fill('old', 0, 300);
    const old = await held();
    await fill('new', 0, 500);
    const taken = await backup();
    const wanted = await held();
    const after = { old: 0, half: 0 };
    for (let number = 0; ; number++) {
      await restore(store, { ...taken, entries: old.map(entryOf) }, { force: true });
      const failure = await restore(failingFrom(number), taken, { force: true }).then(
        () => undefined,
        (error: BanyanError) => error.kind,
      );
      if (failure === undefined) break;
      expect(failure).toBe('unavailable');
      const isHalf = await engine().then(
        () => false,
        ({ kind }: BanyanError) => kind === 'conflict',
      );
      for (const engines of joined.splice(0)) await engines.leave();
      if (!isHalf) expect(await held()).toEqual(old);
      after[isHalf ? 'half' : 'old'] += 1;
      // What is half done needs no force to be done again.
      if (isHalf) await restore(store, taken, { force: false });
      if (isHalf) expect(await held()).toEqual(wanted);
    }
    expect(after.old).toBeGreaterThan(0);
    expect(after.half).toBeGreaterThan(4);
  });

  it('is refused while an engine is alive, after which the store is as it was', async () => {
    const taken = await backup();
    await engine();
    let waitedFor = '';
    const onWait = (trace: string) => (waitedFor = trace);
    await expect(restore(store, taken, { force: true, onWait, times: TIMES })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`process ${process.pid} on `) as string,
    });
    expect(waitedFor).toContain(`process ${process.pid} on `);
    expect(await store.list('engine/')).toHaveLength(1);
  });

  it('goes on when what an engine left is not refreshed any more', async () => {
    await fill('', 0, 1);
    const taken = await backup();
    await store.transact([], [put('engine/live/crashed', 'x')]);
    await restore(store, taken, { force: true, times: DEAD_TIMES });
    expect(await held()).toEqual(['agents/0=']);
  });

  it('is called off by an engine that starts while it waits', async () => {
    const taken = await backup();
    await fill('precious', 0, 1);
    await store.transact([], [put('engine/live/crashed', 'x')]);
    let started: Promise<LiveEngines> | undefined;
    const onWait = (): void => {
      started = LiveEngines.join(store, false, SILENT);
    };
    await expect(restore(store, taken, { force: true, onWait, times: DEAD_TIMES })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('an engine was started') as string,
    });
    await started;
    expect(await held()).toContain('agents/0=precious');
  });
});

function entryOf(line: string): { key: string; value: string } {
  const [key, value] = line.split('=');
  return { key: key!, value: value! };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { SILENT, type Log } from '#log';
import { EmbeddedStore } from '../embedded/embedded-store.js';
import type { Store } from '../store.js';
import { LIVE_PREFIX } from './engine-trace.js';
import { LiveEngines } from './live-engines.js';
import { RESTORING_KEY } from './restoring.js';

function recording() {
  const warnings: string[] = [];
  return {
    warnings,
    log: {
      say: (event, line) => void (['store.shared', 'store.lost'].includes(event) && warnings.push(line)),
    } satisfies Log,
  };
}

async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the engines on a store', () => {
  let directory: string;
  let store: Store;
  const joined: LiveEngines[] = [];
  /** Refreshes so seldom that only what is done at once is seen. */
  const slow = { refreshMs: 60_000, deadAfterMs: 180_000 };

  const join_ = async (times = slow) => {
    const { warnings, log } = recording();
    const engines = await LiveEngines.join(store, true, log, times);
    joined.push(engines);
    return { engines, logged: warnings };
  };
  const entries = () => store.list(LIVE_PREFIX);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-live-'));
    store = await EmbeddedStore.open(directory, SILENT);
  });
  afterEach(async () => {
    for (const engines of joined.splice(0)) await engines.leave();
    await store.close();
    await rm(directory, { recursive: true });
  });

  it('warn of each other at once, each once in its log and as long as it lasts in the status', async () => {
    const first = await join_();
    expect(first.engines.warnings).toEqual([]);
    const second = await join_();
    await eventually(() => first.logged.length > 0 && second.logged.length > 0);
    for (const { engines, logged } of [first, second]) {
      expect(logged).toEqual([expect.stringContaining(`process ${process.pid} on `)]);
      expect(engines.warnings).toEqual(logged);
    }
    await second.engines.leave();
    await eventually(() => first.engines.warnings.length === 0);
    expect(first.logged).toHaveLength(1);
    expect(await entries()).toHaveLength(1);
  });

  it('are not taken for dead by themselves while they join, whoever is there and whatever holds them up', async () => {
    const other = (value: string) => ({ kind: 'put', key: `${LIVE_PREFIX}other`, value }) as const;
    await store.transact([], [other('first')]);
    const real = store.transact.bind(store);
    // As where a restore began meanwhile: it has to look again.
    jest.spyOn(store, 'transact').mockImplementationOnce(async () => {
      await real([], [other('second')]);
      return false;
    });
    const { engines } = await join_();
    await eventually(async () => (await entries()).length === 2);
    // After whatever the look has begun.
    await engines.leave();
    expect(engines.warnings).toEqual([expect.stringContaining('another engine uses the same store')]);
  });

  it('do not take what a crash left for an engine, and clear it away', async () => {
    const left = { kind: 'put', key: `${LIVE_PREFIX}crashed`, value: 'nonsense' } as const;
    await store.transact([], [left]);
    // On a busy machine looks are late, and after one that is twice as late as it should be, waiting begins anew.
    const { engines, logged } = await join_({ refreshMs: 2_500, deadAfterMs: 1_000 });
    await eventually(async () => (await entries()).length === 1);
    expect(logged).toEqual([]);
    expect(engines.warnings).toEqual([]);
  });

  it('leave no trace after they stopped', async () => {
    const { engines } = await join_();
    expect(await entries()).toHaveLength(1);
    await engines.leave();
    expect(await entries()).toEqual([]);
  });

  it('say so when their own trace was taken away, and leave it anew', async () => {
    const { engines, logged } = await join_({ refreshMs: 20, deadAfterMs: 60_000 });
    const [own] = await entries();
    await store.transact([], [{ kind: 'delete', key: own!.key }]);
    await eventually(async () => (await entries()).length === 1 && logged.length > 0);
    expect(engines.warnings).toEqual([expect.stringContaining('restart it')]);
  });

  it('say so also when that fell between two of their own calls', async () => {
    const { engines, logged } = await join_({ refreshMs: 20, deadAfterMs: 60_000 });
    const real = store.get.bind(store);
    jest.spyOn(store, 'get').mockImplementationOnce(async (key) => {
      const found = await real(key);
      await store.transact([], [{ kind: 'delete', key }]);
      return found;
    });
    await eventually(async () => (await entries()).length === 1 && logged.length > 0);
    expect(engines.warnings).toEqual([expect.stringContaining('restart it')]);
  });

  it('on a store that cannot be shared leave nothing in it', async () => {
    const engines = await LiveEngines.join(store, false, SILENT);
    expect(await entries()).toEqual([]);
    await engines.leave();
  });

  it.each([true, false])('do not start on a store that is half restored (shared: %s)', async (shared) => {
    await store.transact([], [{ kind: 'put', key: RESTORING_KEY, value: 'writing' }]);
    await expect(LiveEngines.join(store, shared, SILENT)).rejects.toMatchObject({
      kind: 'conflict',
      remedy: expect.stringContaining('banyan-engine restore') as string,
    });
    expect(await entries()).toEqual([]);
  });

  it('call off a restore that has not begun to write', async () => {
    await store.transact([], [{ kind: 'put', key: RESTORING_KEY, value: 'waiting' }]);
    await join_();
    expect(await store.get(RESTORING_KEY)).toBeUndefined();
  });
});

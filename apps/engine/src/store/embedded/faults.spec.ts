import * as real from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { SILENT } from '#log';
import type { Store } from '../store.js';

/** What the file system is asked for while armed, and from which step on it fails. */
const faults = { armed: false, step: 0, from: Infinity, until: Infinity };

function fail(): void {
  if (!faults.armed) return;
  faults.step += 1;
  if (faults.step >= faults.from && faults.step < faults.until) {
    throw Object.assign(new Error('injected'), { code: 'EIO' });
  }
}

/** Fails before the step, or leaves it half done and then fails: a write of a part. */
function failing<T extends object>(target: T, names: readonly string[]): T {
  return new Proxy(target, {
    get: (_, name) => {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      const call = (value as (...args: unknown[]) => unknown).bind(target);
      if (typeof name !== 'string' || !names.includes(name)) return call;
      return async (...args: unknown[]) => {
        try {
          fail();
        } catch (error) {
          if (name === 'writeFile' && typeof args[0] === 'string')
            await call(args[0].slice(0, args[0].length / 2));
          if (name === 'close') await call();
          throw error;
        }
        return call(...args);
      };
    },
  });
}

const steps = failing({ ...real }, ['rename', 'rm']);
jest.unstable_mockModule('node:fs/promises', () => ({
  ...real,
  rename: steps.rename,
  rm: steps.rm,
  open: async (...args: Parameters<typeof real.open>) => {
    fail();
    return failing(await real.open(...args), ['chmod', 'writeFile', 'sync', 'close']);
  },
}));

const { EmbeddedStore } = await import('./embedded-store.js');

const putBoth = (value: string) => ['a', 'b'].map((key) => ({ kind: 'put', key, value }) as const);

describe('the embedded store on a failing disk', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await real.mkdtemp(join(tmpdir(), 'banyan-store-'));
    faults.armed = false;
  });
  afterEach(async () => {
    faults.armed = false;
    await real.rm(directory, { recursive: true, force: true });
  });

  /** Commits 'old', then tries 'new' with these faults; what happened to 'new', and the store. */
  const attempt = async (from: number, until: number) => {
    const store = await EmbeddedStore.open(directory, SILENT);
    await store.transact([], putBoth('old'));
    Object.assign(faults, { armed: true, step: 0, from, until });
    const acknowledged = await store.transact([], putBoth('new')).then(
      () => true,
      () => false,
    );
    return { store, acknowledged, steps: faults.step };
  };
  const values = async (store: Store) => (await store.list('')).map(({ value }) => value);

  it('keeps what was committed, and goes on, whichever single step of a commit fails', async () => {
    let failed = 0;
    for (let step = 1; ; step++) {
      const { store, acknowledged, steps } = await attempt(step, step + 1);
      faults.armed = false;
      const now = await values(store);
      expect(now).toEqual(acknowledged ? ['new', 'new'] : ['old', 'old']);
      expect(await store.transact([], putBoth('next'))).toBe(true);
      await store.close();
      const again = await EmbeddedStore.open(directory, SILENT);
      expect(await values(again)).toEqual(['next', 'next']);
      await again.close();
      expect((await real.readdir(directory)).sort()).toEqual(['store']);
      if (steps < step) break;
      failed += acknowledged ? 0 : 1;
    }
    // open, chmod, write, sync, close, rename, and the same of the directory.
    expect(failed).toBeGreaterThanOrEqual(9);
  });

  it('opens with the old values or the new ones, whichever step was the last before the power went', async () => {
    const seen = new Set<string>();
    for (let step = 1; ; step++) {
      const { store, acknowledged, steps } = await attempt(step, Infinity);
      faults.armed = false;
      await store.close();
      const again = await EmbeddedStore.open(directory, SILENT);
      const after = (await values(again)).join();
      expect(['old,old', 'new,new']).toContain(after);
      if (acknowledged) expect(after).toBe('new,new');
      seen.add(after);
      await again.close();
      // What the crash left unfinished is gone.
      expect(await real.readdir(directory)).toEqual(['store']);
      if (steps < step) break;
    }
    expect(seen).toEqual(new Set(['old,old', 'new,new']));
  });
});

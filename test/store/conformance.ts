import fc from 'fast-check';
import type { Store } from '../../apps/engine/src/store/store.js';

/** One kind of store, and how a test gets to it. */
export interface Subject {
  /** Opens the same store every time; what an earlier opening wrote is there. */
  open(): Promise<Store>;
}

const put = (key: string, value: string) => ({ kind: 'put', key, value }) as const;
const del = (key: string) => ({ kind: 'delete', key }) as const;

/** What every store does. Each test works under a prefix of its own. */
export function itIsAStore(subject: Subject): void {
  let store: Store;
  let count = 0;
  let at: string;
  beforeAll(async () => {
    store = await subject.open();
  });
  afterAll(() => store?.close());
  beforeEach(() => {
    at = `test-${count++}/`;
  });

  const revisionOf = async (key: string) => (await store.get(key))?.revision ?? 0;
  const keysUnder = async (prefix: string) => (await store.list(prefix)).map(({ key }) => key);

  it('has nothing where nothing was put', async () => {
    expect(await store.get(`${at}a`)).toBeUndefined();
    expect(await store.list(at)).toEqual([]);
  });

  it('returns what was put, at a revision above 0', async () => {
    expect(await store.transact([], [put(`${at}a`, 'ä "1"\n')])).toBe(true);
    const entry = await store.get(`${at}a`);
    expect(entry).toMatchObject({ key: `${at}a`, value: 'ä "1"\n' });
    expect(entry!.revision).toBeGreaterThan(0);
  });

  it('keeps any text as it is, under any key it accepts', async () => {
    const key = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(key, fc.string({ unit: 'binary' }), async (name, value) => {
        await store.transact([], [put(at + name, value)]);
        expect((await store.get(at + name))?.value).toBe(value);
      }),
      { numRuns: 30 },
    );
  });

  it('lists what begins with a prefix, sorted by key, and nothing else', async () => {
    const keys = ['b', 'a/2', 'a/10', 'a', 'a~', 'ab'].map((key) => at + key);
    await store.transact(
      [],
      keys.map((key) => put(key, '')),
    );
    expect(await keysUnder(`${at}a`)).toEqual([`${at}a`, `${at}a/10`, `${at}a/2`, `${at}ab`, `${at}a~`]);
    expect(await keysUnder(`${at}a/`)).toEqual([`${at}a/10`, `${at}a/2`]);
    expect(await keysUnder('')).toEqual(expect.arrayContaining(keys));
  });

  it('lists several prefixes as of one moment: what moves between them is in exactly one', async () => {
    const [left, right] = [`${at}left/`, `${at}right/`];
    await store.transact([], [put(`${left}key`, '')]);
    let stop = false;
    const moving = (async () => {
      for (let from = left, to = right; !stop; [from, to] = [to, from]) {
        await store.transact([], [del(`${from}key`), put(`${to}key`, '')]);
      }
    })();
    for (let n = 0; n < 100; n++) expect(await store.list(left, right)).toHaveLength(1);
    stop = true;
    await moving;
  });

  it('lists several prefixes sorted by key, each entry once, in whatever order they are named', async () => {
    await store.transact(
      [],
      ['b/1', 'a/2', 'a/1', 'c/1'].map((key) => put(at + key, '')),
    );
    const keys = (await store.list(`${at}b/`, `${at}a/`, `${at}a/2`)).map(({ key }) => key);
    expect(keys).toEqual([`${at}a/1`, `${at}a/2`, `${at}b/1`]);
  });

  it('does all operations of a transaction or none', async () => {
    await store.transact([], [put(`${at}a`, '1'), put(`${at}gone`, '')]);
    const [a, b] = [`${at}a`, `${at}b`];
    expect(
      await store.transact([{ key: b, revision: 99 }], [put(a, '2'), put(b, '2'), del(`${at}gone`)]),
    ).toBe(false);
    expect(await keysUnder(at)).toEqual([a, `${at}gone`]);
    expect((await store.get(a))?.value).toBe('1');
    expect(
      await store.transact([{ key: b, revision: 0 }], [put(a, '2'), put(b, '2'), del(`${at}gone`)]),
    ).toBe(true);
    expect(await store.list(at)).toMatchObject([{ value: '2' }, { value: '2' }]);
    expect(await revisionOf(a)).toBe(await revisionOf(b));
  });

  it('takes revision 0 for absent: only one of many creates a key', async () => {
    const compares = [{ key: `${at}a`, revision: 0 }];
    const held = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.transact(compares, [put(`${at}a`, String(index))])),
    );
    expect(held.filter(Boolean)).toHaveLength(1);
    expect((await store.get(`${at}a`))?.value).toBe(String(held.indexOf(true)));
  });

  it('never gives a revision again, also when a key was deleted and made anew', async () => {
    const key = `${at}a`;
    await store.transact([], [put(key, '1')]);
    const first = await revisionOf(key);
    await store.transact([], [del(key)]);
    await store.transact([], [put(key, '1')]);
    expect(await revisionOf(key)).toBeGreaterThan(first);
    expect(await store.transact([{ key, revision: first }], [put(key, '2')])).toBe(false);
  });

  it('gives a new revision also when the same value is put again', async () => {
    await store.transact([], [put(`${at}a`, '1')]);
    const first = await revisionOf(`${at}a`);
    await store.transact([], [put(`${at}a`, '1')]);
    expect(await revisionOf(`${at}a`)).toBeGreaterThan(first);
  });

  it('deletes what is not there without complaint', async () => {
    expect(await store.transact([], [del(`${at}never`)])).toBe(true);
    expect(await store.transact([{ key: `${at}never`, revision: 0 }], [])).toBe(true);
  });

  it('loses no increment of a counter that many change at once', async () => {
    const key = `${at}counter`;
    const increment = async () => {
      for (;;) {
        const entry = await store.get(key);
        const next = put(key, String(Number(entry?.value ?? 0) + 1));
        if (await store.transact([{ key, revision: entry?.revision ?? 0 }], [next])) return;
      }
    };
    await Promise.all(Array.from({ length: 20 }, increment));
    expect((await store.get(key))?.value).toBe('20');
  });

  it('still has everything after it was closed and opened again, and goes on counting', async () => {
    await store.transact([], [put(`${at}a`, '1'), put(`${at}b`, '2')]);
    await store.transact([], [put(`${at}last`, ''), del(`${at}b`)]);
    const last = await revisionOf(`${at}last`);
    await store.transact([], [del(`${at}last`)]);
    await store.close();
    store = await subject.open();
    expect(await store.list(at)).toMatchObject([{ key: `${at}a`, value: '1' }]);
    await store.transact([], [put(`${at}c`, '')]);
    expect(await revisionOf(`${at}c`)).toBeGreaterThan(last);
  });

  it('tells a watcher of a change under its prefix, and not any more once it is closed', async () => {
    let seen = new Set<string>();
    const changed = async () => {
      const keys = await keysUnder(at);
      return (seen = new Set(keys));
    };
    const told = new Promise<void>((resolve) => {
      const watch = store.watch(at, () => {
        void changed().then((keys) => {
          if (!keys.has(`${at}a`)) return;
          watch.close();
          watch.close();
          resolve();
        });
      });
    });
    await store.transact([], [put(`${at}a`, '1')]);
    await told;
    expect(seen).toEqual(new Set([`${at}a`]));
    const closed = store.watch(at, () => {
      throw new Error('called after it was closed');
    });
    closed.close();
    await new Promise<void>((resolve) => {
      const other = store.watch(at, () => {
        other.close();
        resolve();
      });
      void store.transact([], [put(`${at}a`, '2')]);
    });
  });

  it('tells a watcher of a deletion', async () => {
    await store.transact([], [put(`${at}a`, '1')]);
    const gone = new Promise<void>((resolve) => {
      const watch = store.watch(at, () => {
        void keysUnder(at).then((keys) => {
          if (keys.length > 0) return;
          watch.close();
          resolve();
        });
      });
    });
    await store.transact([], [del(`${at}a`)]);
    await gone;
  });

  it('commits although a watcher fails', async () => {
    const called = new Promise<void>((resolve) => {
      const watch = store.watch(at, () => {
        watch.close();
        resolve();
        throw new Error('no');
      });
    });
    expect(await store.transact([], [put(`${at}a`, '1')])).toBe(true);
    await called;
    expect((await store.get(`${at}a`))?.value).toBe('1');
  });

  it.each<[string, Parameters<Store['transact']>]>([
    ['a key with a space', [[], [put('a b', '')]]],
    ['a key that is empty', [[{ key: '', revision: 0 }], []]],
    ['one key twice', [[], [put('a', ''), del('a')]]],
    ['half a character', [[], [put('a', '\ud800')]]],
    ['a negative revision', [[{ key: 'a', revision: -1 }], []]],
    ['129 operations', [[], Array.from({ length: 129 }, (_, index) => del(`a${index}`))]],
    ['more than a mebibyte', [[], [put('a', 'x'.repeat(1024 * 1024 + 1))]]],
  ])('refuses %s as a fault of the code that calls', async (_, [compares, operations]) => {
    await expect(store.transact(compares, operations)).rejects.toThrow(RangeError);
  });

  it('holds a transaction of the largest size it accepts', async () => {
    const operations = Array.from({ length: 128 }, (_, index) => put(`${at}${index}`, 'x'.repeat(8 * 1024)));
    const compares = operations.map(({ key }) => ({ key, revision: 0 }));
    expect(await store.transact(compares, operations)).toBe(true);
    expect(await store.list(at)).toHaveLength(128);
  });

  it('completes what was begun when it is closed, then refuses', async () => {
    const begun = store.transact([], [put(`${at}a`, '1')]);
    await Promise.all([store.close(), store.close()]);
    expect(await begun).toBe(true);
    await expect(store.get(`${at}a`)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.list(at)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.transact([], [])).rejects.toMatchObject({ kind: 'unavailable' });
    store = await subject.open();
    expect((await store.get(`${at}a`))?.value).toBe('1');
  });

  it('takes 500 transactions at once', async () => {
    const held = await Promise.all(
      Array.from({ length: 500 }, (_, index) => {
        const key = `${at}${index}`;
        return store.transact([{ key, revision: 0 }], [put(key, 'x'.repeat(300))]);
      }),
    );
    expect(held.every(Boolean)).toBe(true);
    expect(await store.list(at)).toHaveLength(500);
  });
}

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../apps/engine/src/store/open.js';
import { itIsAStore } from './conformance.js';
import { killedWriter } from './killed-writer.js';
import { recordingLog } from './log.js';

const WRITER = join(import.meta.dirname, '../../dist/test/store/embedded-writer.js');

describe('the embedded store', () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-store-'));
  });
  afterEach(() => rm(stateDir, { recursive: true, force: true }));

  const log = recordingLog();
  const open = () => openStore({ backend: 'embedded', addresses: [], access: {}, stateDir }, log);
  const put = (key: string, value: string) => ({ kind: 'put', key, value }) as const;
  const file = () => join(stateDir, 'store');

  describe('as a store', () => {
    let shared: string;
    beforeAll(async () => {
      shared = await mkdtemp(join(tmpdir(), 'banyan-store-'));
    });
    afterAll(() => rm(shared, { recursive: true, force: true }));
    itIsAStore({
      open: () => openStore({ backend: 'embedded', addresses: [], access: {}, stateDir: shared }, log),
    });
  });

  it('is one file that only its owner reads, and says when it is new', async () => {
    const store = await open();
    expect(log.lines).toContain(`made a new store, ${file()}`);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    await store.close();
    expect(await readdir(stateDir)).toEqual(['store']);
  });

  it('refuses to be opened twice, naming who has it', async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    expect(await store.transact([], [put('a', '1')])).toBe(true);
    await store.close();
    await (await open()).close();
  });

  it('refuses a damaged file, leaves it as it is, and still refuses it at the next start', async () => {
    await (await open()).close();
    const text = await readFile(file(), 'utf8');
    await writeFile(file(), text.slice(0, -1));
    for (let start = 0; start < 2; start++) {
      await expect(open()).rejects.toMatchObject({
        kind: 'host',
        message: expect.stringContaining(`${file()} is damaged`) as string,
      });
    }
    expect(await readdir(stateDir)).toEqual(['store']);
    expect(await readFile(file(), 'utf8')).toBe(text.slice(0, -1));
  });

  it('has every acknowledged transaction, whole, after kill -9 at any moment', async () => {
    let last = 0;
    let advanced = 0;
    const deadline = performance.now() + 20_000;
    let rounds = 0;
    for (; rounds < 10 || (rounds < 40 && performance.now() < deadline); rounds++) {
      const numbers = (await killedWriter(WRITER, stateDir, 60)).map(Number);
      const acknowledged = Math.max(last, ...numbers);
      const store = await open();
      const [a, b] = [await store.get('a'), await store.get('b')];
      await store.close();
      expect(a!.value).toBe(b!.value);
      expect(a!.revision).toBe(b!.revision);
      expect(Number(a!.value)).toBeGreaterThanOrEqual(acknowledged);
      advanced += Number(a!.value) > last ? 1 : 0;
      last = Number(a!.value);
      expect((await readdir(stateDir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }
    expect(advanced).toBe(rounds);
  });
});

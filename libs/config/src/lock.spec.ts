import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withConfigLock } from './lock.js';

describe('the lock of a config', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-lock-'));
    path = join(directory, 'banyan.yaml');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('refuses a second holder at once, naming the first, and is gone afterwards', async () => {
    await withConfigLock(path, async () => {
      await expect(withConfigLock(path, () => Promise.resolve())).rejects.toMatchObject({
        kind: 'conflict',
        message: `${path} is being changed by process ${process.pid}`,
      });
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    await expect(withConfigLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(directory)).toEqual([]);
  });

  it('is taken over from a process that is gone, also when its id was given to another', async () => {
    await writeFile(`${path}.lock`, `{"pid":${process.pid},"started":"1"}`);
    await expect(withConfigLock(path, () => Promise.resolve('done'))).resolves.toBe('done');
    expect(await readdir(directory)).toEqual([]);
  });

  it('is not taken from what cannot be understood', async () => {
    await writeFile(`${path}.lock`, 'hello');
    await expect(withConfigLock(path, () => Promise.resolve())).rejects.toMatchObject({ kind: 'conflict' });
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('hello');
  });

  it('lets one of many in when all find the same stale lock', async () => {
    for (let round = 0; round < 20; round++) {
      await writeFile(`${path}.lock`, '{"pid":4194305,"started":"1"}');
      let inside = 0;
      let most = 0;
      const work = async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      };
      const ends = await Promise.allSettled(Array.from({ length: 8 }, () => withConfigLock(path, work)));
      expect(most).toBe(1);
      expect(ends.some((end) => end.status === 'fulfilled')).toBe(true);
      expect(await readdir(directory)).toEqual([]);
    }
  });
});

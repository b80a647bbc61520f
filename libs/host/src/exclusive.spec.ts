import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exclusively } from './exclusive.js';

describe('exclusive work', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-exclusive-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('waits for work that another is doing under the same lock', async () => {
    const path = join(directory, 'run', 'lock');
    const seen: string[] = [];
    const begun = Promise.withResolvers<void>();
    const first = exclusively(
      path,
      'the thing',
    )(async () => {
      begun.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      seen.push('first');
    });
    await begun.promise;
    await Promise.all([first, exclusively(path, 'the thing')(() => Promise.resolve(seen.push('second')))]);
    expect(seen).toEqual(['first', 'second']);
    expect(await readdir(join(directory, 'run'))).toEqual([]);
  });

  it('leaves no lock behind when the work fails', async () => {
    const path = join(directory, 'lock');
    await expect(exclusively(path, 'the thing')(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(directory)).toEqual([]);
  });
});

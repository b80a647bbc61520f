import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBackup, writeBackup } from './backup-file.js';

const backup = (value: string) => ({
  madeAt: '2026-01-02T03:04:05.000Z',
  madeBy: '0.1.0',
  storeBackend: 'embedded',
  entries: [{ key: 'a', value }],
});

describe('a backup on the disk', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-backup-'));
    path = join(directory, 'backup');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is for its owner alone, and takes the place of an earlier one', async () => {
    await writeBackup(path, backup('1'));
    await writeBackup(path, backup('2'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readBackup(path)).toEqual(backup('2'));
    expect(await readdir(directory)).toEqual(['backup']);
  });

  it('does not take the place of another file, or of a directory', async () => {
    await writeFile(path, 'precious');
    await expect(writeBackup(path, backup('1'))).rejects.toMatchObject({
      kind: 'conflict',
      message: `${path} exists and is no backup`,
    });
    expect(await readFile(path, 'utf8')).toBe('precious');
    await expect(writeBackup(directory, backup('1'))).rejects.toThrow('is not a plain file');
  });

  it('that is missing, cut off or enormous is refused by name', async () => {
    await expect(readBackup(path)).rejects.toThrow(`${path} does not exist`);
    await writeBackup(path, backup('x'.repeat(1_000)));
    await truncate(path, 900);
    await expect(readBackup(path)).rejects.toThrow(`the backup ${path} is damaged`);
    await truncate(path, 2 ** 33);
    await expect(readBackup(path)).rejects.toThrow('not a plain file of sensible size');
  });
});

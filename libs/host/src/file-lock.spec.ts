import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFile, lockHolder } from './file-lock.js';

const GONE = '{"pid":4194305,"started":"1"}';

describe('a lock file', () => {
  let directory: string;
  let lock: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-lock-'));
    lock = join(directory, 'lock');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('refuses a second holder until the first lets go, and leaves nothing', async () => {
    const first = await lockFile(lock, 'the thing');
    await expect(lockFile(lock, 'the thing')).rejects.toMatchObject({
      kind: 'conflict',
      message: `the thing is being changed by process ${process.pid}`,
    });
    await first.release();
    await (await lockFile(lock, 'the thing')).release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('tells who holds it, while that process runs', async () => {
    expect(await lockHolder(lock)).toBeUndefined();
    const held = await lockFile(lock, 'the thing');
    expect(await lockHolder(lock)).toBe(process.pid);
    await held.release();
    await writeFile(lock, GONE);
    expect(await lockHolder(lock)).toBeUndefined();
    await writeFile(lock, 'what is this');
    expect(await lockHolder(lock)).toBe(0);
  });

  it('from before a reboot is taken over, though the same process id started at the same tick', async () => {
    const held = await lockFile(lock, 'the thing');
    const holder = await readFile(lock, 'utf8');
    await held.release();
    await writeFile(lock, holder.replace(/"started":"[0-9a-f]{8}/, '"started":"00000000'));
    await expect(lockFile(lock, 'the thing')).resolves.toBeDefined();
  });

  it('is taken over also when the last one died while taking it over', async () => {
    await writeFile(lock, GONE);
    await writeFile(`${lock}.stale-4194305-1`, GONE);
    await (await lockFile(lock, 'the thing')).release();
    expect(await readdir(directory)).toEqual([]);
  });
});

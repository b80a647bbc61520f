import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardFiles } from './guard-files.js';

const GUARD = { rules: 'add table inet x\n', routes: 'route replace blackhole 10.201.0.0/16\n' };

describe('the files of the guard', () => {
  let directory: string;
  let stateDir: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-guard-'));
    stateDir = join(directory, 'agent');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('have the names that the unit has, and are root’s alone', async () => {
    await guardFiles(stateDir).write(GUARD);
    expect((await readdir(stateDir)).sort()).toEqual(['guard.ip', 'guard.nft']);
    for (const file of ['guard.ip', 'guard.nft']) {
      expect((await stat(join(stateDir, file))).mode & 0o777).toBe(0o600);
    }
    expect(await readFile(join(stateDir, 'guard.nft'), 'utf8')).toBe(GUARD.rules);
    expect(await guardFiles(stateDir).read()).toEqual(GUARD);
  });

  it('count only together', async () => {
    expect(await guardFiles(stateDir).read()).toBeUndefined();
    await guardFiles(stateDir).write(GUARD);
    await rm(join(stateDir, 'guard.ip'));
    expect(await guardFiles(stateDir).read()).toBeUndefined();
  });

  it('go together, and it is said whether there were any', async () => {
    const files = guardFiles(stateDir);
    expect(await files.remove()).toBe(false);
    await files.write(GUARD);
    expect(await files.remove()).toBe(true);
    expect(await readdir(stateDir)).toEqual([]);
  });
});

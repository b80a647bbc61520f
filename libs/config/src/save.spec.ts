import { lstat, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveSection } from './save.js';

describe('saving a section', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-save-'));
    path = join(directory, 'new', 'banyan.yaml');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const modeOf = async (of: string) => ((await stat(of)).mode & 0o777).toString(8);

  it('makes a directory of mode 700 and a file of mode 600, and leaves nothing else', async () => {
    await saveSection('agent', path, { engine_host: 'h' });
    expect(await readFile(path, 'utf8')).toBe('agent:\n  engine_host: "h"\n');
    expect([await modeOf(join(directory, 'new')), await modeOf(path)]).toEqual(['700', '600']);
    expect(await readdir(join(directory, 'new'))).toEqual(['banyan.yaml']);
  });

  it('keeps the old text aside, mode 600, when asked to', async () => {
    await mkdir(join(directory, 'new'));
    await writeFile(path, 'agent:\n  engine_host: "old" # here\n', { mode: 0o644 });
    await saveSection('agent', path, { engine_host: 'h' }, { keepPrevious: true });
    expect(await readFile(`${path}.previous`, 'utf8')).toBe('agent:\n  engine_host: "old" # here\n');
    expect(await readFile(path, 'utf8')).toBe('agent:\n  engine_host: "h" # here\n');
    expect([await modeOf(`${path}.previous`), await modeOf(path)]).toEqual(['600', '600']);
  });

  it('replaces what a link points to, and leaves the link', async () => {
    await mkdir(join(directory, 'new'));
    const real = join(directory, 'real.yaml');
    await writeFile(real, '');
    await symlink(real, path);
    await saveSection('cli', path, { engine_host: 'h' });
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect(await readFile(real, 'utf8')).toBe('cli:\n  engine_host: "h"\n');
  });

  it('says when comments could not be kept', async () => {
    await mkdir(join(directory, 'new'));
    await writeFile(path, 'agent: {engine_host: "old"} # here\n');
    const { warnings } = await saveSection('agent', path, { engine_host: 'h' });
    expect(warnings).toEqual([`${path} was written anew; its comments could not be kept`]);
  });

  it('changes nothing in a file that is not valid', async () => {
    await mkdir(join(directory, 'new'));
    await writeFile(path, 'agent: [');
    await expect(saveSection('agent', path, { engine_host: 'h' }, { keepPrevious: true })).rejects.toThrow(
      'not valid YAML',
    );
    expect(await readFile(path, 'utf8')).toBe('agent: [');
    expect(await readdir(join(directory, 'new'))).toEqual(['banyan.yaml']);
  });
});

import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFile } from './replace-file.js';

describe('replacing a file', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'banyan-replace-'));
    path = join(directory, 'worker-1.pub');
    writeFileSync(path, 'old', { mode: 0o640 });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const replace = (between?: () => void) => replaceFile({ path, before: 'old', after: 'new' }, between);

  it('keeps its permissions, and leaves nothing else behind', async () => {
    expect(await replace()).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory)).toEqual(['worker-1.pub']);
  });

  it('does not happen to one that says something else by now', async () => {
    writeFileSync(path, 'other');
    expect(await replace()).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('other');
  });

  it('does not bring back one that is removed between the last look and the rename', async () => {
    expect(await replace(() => rmSync(path))).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('does not take the place of one that comes at that moment: neither stays', async () => {
    const rival = join(directory, 'rival');
    writeFileSync(rival, 'theirs');
    expect(await replace(() => renameSync(rival, path))).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });
});

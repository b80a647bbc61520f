import { lstatSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { withKeyFile } from './key-file.js';

describe('a key file that gets another key', () => {
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'banyan-key-file-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('stays as it is when it is there and cannot be read, for nothing of it could be kept', async () => {
    const path = join(directory, 'agent.key');
    symlinkSync(path, path);
    const replaced = withKeyFile(path, generateKey(), () => Promise.reject(new Error('what follows fails')));
    await expect(replaced).rejects.toMatchObject({ kind: 'host' });
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });
});

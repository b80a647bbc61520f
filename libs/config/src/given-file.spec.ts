import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecretFile } from './given-file.js';

describe('a file with a secret', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-secret-'));
    path = join(directory, 'password');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is read when it is closed to others, though a group may be meant to read it', async () => {
    await writeFile(path, 'secret', { mode: 0o600 });
    expect(await readSecretFile(path, 'the file')).toBe('secret');
    await chmod(path, 0o640);
    expect(await readSecretFile(path, 'the file')).toBe('secret');
  });

  it.each([0o644, 0o602, 0o660])('of mode %o is refused with the way to close it', async (mode) => {
    await writeFile(path, 'secret');
    await chmod(path, mode);
    await expect(readSecretFile(path, 'the file')).rejects.toMatchObject({
      kind: 'host',
      message: `the file ${path} is open to other users (mode ${mode.toString(8)})`,
      remedy: expect.stringContaining(`chmod 600 ${path}`) as string,
    });
  });

  it('that is missing or a directory is named', async () => {
    await expect(readSecretFile(path, 'the file')).rejects.toThrow(`the file ${path} does not exist`);
    await expect(readSecretFile(directory, 'the file')).rejects.toThrow('is not a plain file');
  });
});

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { saveEngineKey } from './engine-pin.js';

const [from, to, other] = [generateKey().publicKey, generateKey().publicKey, generateKey().publicKey];

describe("saving the engine's new key", () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-pin-'));
    path = join(directory, 'banyan.yaml');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const text = (key: string) =>
    `cli:\n  engine_wg_public_key: "${from.text}"\nagent:\n  # told by Ada\n  engine_wg_public_key: "${key}" # ours\n  odd: 1\n`;

  it('changes that line of that section, and no other', async () => {
    await writeFile(path, text(from.text));
    await saveEngineKey('agent', path, { from, to });
    expect(await readFile(path, 'utf8')).toBe(text(to.text));
    expect(await readdir(directory)).toEqual(['banyan.yaml']);
  });

  it('has nothing to do where it is saved already', async () => {
    await writeFile(path, text(to.text));
    await saveEngineKey('agent', path, { from, to });
    expect(await readFile(path, 'utf8')).toBe(text(to.text));
  });

  it.each([
    ['names another key', text(other.text)],
    ['names none', 'agent:\n  odd: 1\n'],
    ['has no such section', 'cli:\n  odd: 1\n'],
  ])('leaves a file alone that %s: an operator was there', async (_, content) => {
    await writeFile(path, content);
    await expect(saveEngineKey('agent', path, { from, to })).rejects.toMatchObject({ kind: 'conflict' });
    expect(await readFile(path, 'utf8')).toBe(content);
  });
});

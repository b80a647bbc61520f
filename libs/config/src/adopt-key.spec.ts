import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey } from '#crypto/generate';
import { adoptKey } from './adopt-key.js';
import { loadConfig } from './load.js';
import { withConfigLock } from './lock.js';

describe('a component that takes over a new key', () => {
  const [from, to] = [generateKey(), generateKey()];
  let directory: string;
  let path: string;
  let keyFile: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'banyan-adopt-'));
    [path, keyFile] = [join(directory, 'banyan.yaml'), join(directory, 'agent.key')];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (field: string) =>
    writeFileSync(
      path,
      `agent:\n  # ours\n  ${field}\n  wg_public_key: "${from.publicKey.text}"\n  engine_host: "192.0.2.1"\n`,
      { mode: 0o600 },
    );
  const configured = async () => (await loadConfig('agent', path)).settings.privateKey.publicKey.text;

  it.each(['inline', 'in a file of its own'])('has it in its config, comments kept: %s', async (where) => {
    write(where === 'inline' ? `wg_private_key: "${from.reveal()}"` : `wg_private_key_file: "${keyFile}"`);
    writeFileSync(keyFile, `${from.reveal()}\n`, { mode: 0o600 });
    await adoptKey('agent', path, from.publicKey, to);
    expect(await configured()).toBe(to.publicKey.text);
    expect(readFileSync(path, 'utf8')).toMatch(/^ {2}# ours$/m);
    expect(readFileSync(path, 'utf8')).toContain(`wg_public_key: "${to.publicKey.text}"`);
    // Doing it again is doing nothing.
    expect(await adoptKey('agent', path, from.publicKey, to)).toEqual([]);
  });

  it('waits for a command that is changing its config', async () => {
    write(`wg_private_key: "${from.reveal()}"`);
    const [begun, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const changing = withConfigLock(path, () => {
      begun.resolve();
      return done.promise;
    });
    await begun.promise;
    const adopted = adoptKey('agent', path, from.publicKey, to);
    expect(await configured()).toBe(from.publicKey.text);
    done.resolve();
    await Promise.all([changing, adopted]);
    expect(await configured()).toBe(to.publicKey.text);
  });

  it('starts with either key when it was cut off between the key file and the config', async () => {
    write(`wg_private_key_file: "${keyFile}"`);
    writeFileSync(keyFile, `${from.reveal()}\n`, { mode: 0o600 });
    // A directory in the place of the copy that is made before the key file is touched: it comes no further.
    const previous = `${keyFile}.previous`;
    mkdirSync(previous);
    await expect(adoptKey('agent', path, from.publicKey, to)).rejects.toMatchObject({ kind: 'host' });
    expect(await configured()).toBe(from.publicKey.text);
    // And with the key file replaced, and nothing after.
    writeFileSync(keyFile, `${to.reveal()}\n`, { mode: 0o600 });
    expect(await configured()).toBe(to.publicKey.text);
  });
});

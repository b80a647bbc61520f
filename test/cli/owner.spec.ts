import { chown, readdir, stat, writeFile } from 'node:fs/promises';
import { adoptKey } from '#config';
import { generateKey } from '#crypto/generate';
import { Sandbox } from './programs.js';

const USER = 1000;
const GROUP = 1001;

describe('a file of a user that root replaces', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await Sandbox.make();
  });
  afterEach(() => box.remove());

  const write = async (name: string, text: string, mode = 0o600): Promise<string> => {
    const path = box.path(name);
    await writeFile(path, text, { mode });
    await chown(path, USER, GROUP);
    return path;
  };
  /** What there is, as `name uid:gid mode`. */
  const owners = async (): Promise<string[]> => {
    const names = (await readdir(box.directory)).filter((name) => name.startsWith('my'));
    const lines = names.map(async (name) => {
      const { uid, gid, mode } = await stat(box.path(name));
      return `${name} ${uid}:${gid} ${(mode & 0o777).toString(8)}`;
    });
    return (await Promise.all(lines)).sort();
  };

  it('stays theirs when `init` changes it', async () => {
    const config = await write('my.yaml', 'cli:\n  engine_host: "192.0.2.1"\n');
    const { exitCode, stderr } = await box.run('cli', [
      'init',
      '--config',
      config,
      '--engine-host',
      '192.0.2.2',
    ]);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(await owners()).toEqual(['my.yaml 1000:1001 600']);
  });

  it('is opened to nobody by that, though its group could read it', async () => {
    const config = await write('my.yaml', 'cli:\n  engine_host: "192.0.2.1"\n', 0o640);
    await box.run('cli', ['init', '--config', config, '--engine-host', '192.0.2.2']);
    expect(await owners()).toContain('my.yaml 1000:1001 600');
  });

  it('stays theirs when a rotation changes it, with their key file and what is kept of before', async () => {
    const [from, to] = [generateKey(), generateKey()];
    const keyFile = await write('my.key', `${from.reveal()}\n`);
    const text = `agent:\n  wg_private_key_file: "${keyFile}"\n  engine_host: "192.0.2.1"\n`;
    const config = await write('my.yaml', text);
    await adoptKey('agent', config, from.publicKey, to);
    expect(await owners()).toEqual(
      ['my.key', 'my.key.previous', 'my.yaml', 'my.yaml.previous'].map((name) => `${name} 1000:1001 600`),
    );
  });
});

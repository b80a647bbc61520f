import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BanyanError } from '#errors';
import type { Run } from '#host';
import { generateKey } from '#crypto/generate';
import { writeBundle } from './bundle.js';

describe('a bundle', () => {
  const keys = [generateKey(), generateKey(), generateKey(), generateKey()] as const;
  const [agent, engine, inFile, misplaced] = keys;
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'banyan-bundle-'))));
  afterEach(() => rm(directory, { recursive: true }));

  /** A host on which every program shows the private keys wherever it can. */
  const leaky: Run = (program, args) => {
    if (program === 'journalctl') throw new BanyanError('host', '`journalctl` is not installed');
    const shown = keys
      .slice(0, 3)
      .map((key) => `  private key: ${key.reveal()}\n  preshared key: ${misplaced.reveal()}`);
    const words = `${program} ${args.join(' ')}: ${keys
      .slice(0, 3)
      .map((key) => key.reveal())
      .join(' ')}`;
    const stdout = args.includes('tables')
      ? 'table inet banyan_network\ntable inet foreign\n'
      : `${words}\n${shown.join('\n')}\n`;
    return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
  };

  async function bundle(
    // Open to others, as doctor is to find out.
    makeKeyFile: (path: string) => unknown = (path) =>
      writeFile(path, `${inFile.reveal()}\n`, { mode: 0o644 }),
  ): Promise<{ path: string; text: string }> {
    const configPath = join(directory, 'banyan.yaml');
    const keyFile = join(directory, 'cli.key');
    await makeKeyFile(keyFile);
    await writeFile(
      configPath,
      [
        `agent:\n  engine_host: "engine.example"\n  mtu: 1400\n  wg_private_key: "${agent.reveal()}"`,
        // Where a key of somebody else is expected, and in a field that nobody knows.
        `  engine_wg_public_key: "${misplaced.reveal()}"\n  private_key: "${misplaced.reveal()}"`,
        `engine: { "wg_private_key": ${engine.reveal()}, former_public_keys: ["${misplaced.reveal()}"] }`,
        `cli:\n  wg_private_key_file: "${keyFile}"\n`,
      ].join('\n'),
    );
    const path = join(directory, 'b.tar.gz');
    const examined = [{ check: 'config', state: 'fail', detail: `odd: ${agent.reveal()}` }] as const;
    const content = {
      role: 'agent',
      configPath,
      examined,
      status: () => Promise.resolve({ name: 'worker-1' }),
    } as const;
    await writeBundle(path, content, leaky);
    return { path, text: gunzipSync(await readFile(path)).toString('latin1') };
  }

  it('is readable by its owner alone, and by tar', async () => {
    const { path } = await bundle();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const names = execFileSync('tar', ['-tzf', path], { encoding: 'utf8' }).trim().split('\n');
    expect(names.sort()).toEqual(
      [
        ...['config.json', 'doctor.json', 'firewall.txt', 'ip-address.txt', 'ip-route.txt', 'ip-rule.txt'],
        ...['journal.txt', 'status.json', 'versions.json', 'wg.txt'],
      ].map((name) => `banyan-agent/${name}`),
    );
    const status = execFileSync('tar', ['-xzOf', path, 'banyan-agent/status.json'], { encoding: 'utf8' });
    expect(JSON.parse(status)).toEqual({ name: 'worker-1' });
  });

  it('has no private key of any role, wherever it was shown or put', async () => {
    const { text } = await bundle();
    for (const key of keys) expect(text).not.toContain(key.reveal());
    expect(text).toContain('"engine_host": "engine.example"');
    expect(text).toContain('"mtu": 1400');
  });

  it('does not wait for anybody to write to what is named as the file of a key', async () => {
    const { text } = await bundle((path) => execFileSync('mkfifo', [path]));
    expect(text).toContain('"engine_host": "engine.example"');
  });

  it("has our firewall and interfaces and nobody else's, and says what could not be had", async () => {
    const { text } = await bundle();
    expect(text).toContain('list table inet banyan_network');
    expect(text).not.toContain('foreign');
    expect(text).toContain('wg show banyan-wg');
    expect(text).not.toContain('wg show all');
    expect(text).toContain('`journalctl` is not installed');
  });
});

import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { generateKey } from '#crypto/generate';
import { Sandbox } from './programs.js';

const ENTER = '\r';
const DOWN = '\x1b[B';

describe('init on a terminal', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await Sandbox.make();
  });
  afterEach(() => box.remove());

  const config = async () =>
    load(await readFile(box.config, 'utf8')) as Record<string, Record<string, string>>;

  it('asks an agent for host, port and engine key, and takes no bad answer', async () => {
    const key = generateKey().publicKey.text;
    const { exitCode } = await box.converse(
      'agent',
      ['init'],
      [
        ['Address or host name of the engine', `192.168.1.999${ENTER}`],
        ['This must be an IP address or a host name', `\x15engine.example${ENTER}`],
        ['Port of the engine', ENTER],
        ['Public key of the engine', `${key}${ENTER}`],
      ],
    );
    expect(exitCode).toBe(0);
    expect((await config())['agent']).toMatchObject({
      engine_host: 'engine.example',
      engine_port: '50051',
      engine_wg_public_key: key,
    });
  });

  it('asks the engine for its settings, and for the address of etcd when that is chosen', async () => {
    const { exitCode } = await box.converse(
      'engine',
      ['init'],
      [
        ['Directory of the public keys', `\x15${box.path('keys')}${ENTER}`],
        ['Port for agents', ENTER],
        ['Where the engine keeps', `${DOWN}${ENTER}`],
        ['Address of etcd', ENTER],
      ],
    );
    expect(exitCode).toBe(0);
    expect((await config())['engine']).toMatchObject({
      whitelisted_keys_dir: box.path('keys'),
      store_backend: 'etcd',
      store_address: 'http://127.0.0.1:2379',
    });
  });

  it('does not ask for what flags say', async () => {
    const flags = [
      '--engine-host',
      'h',
      '--engine-port',
      '1',
      '--engine-wg-public-key',
      generateKey().publicKey.text,
    ];
    expect((await box.converse('cli', ['init', ...flags], [])).exitCode).toBe(0);
  });

  it('asks before it replaces a key, and changes nothing on no', async () => {
    await box.run('agent', ['init', '--engine-host', 'h']);
    const before = await readFile(box.config, 'utf8');
    const no = await box.converse('agent', ['init'], [['Replace it with a new one?', `n${ENTER}`]]);
    expect(no.exitCode).toBe(1);
    expect(no.stdout).toContain('nothing was changed');
    expect(await readFile(box.config, 'utf8')).toBe(before);
    const yes = await box.converse('agent', ['init'], [['Replace it with a new one?', `y${ENTER}`]]);
    expect(yes.exitCode).toBe(0);
    expect(await readFile(box.config, 'utf8')).not.toBe(before);
  });

  it('does not ask with --rotate', async () => {
    await box.run('agent', ['init', '--engine-host', 'h']);
    const { exitCode, stdout } = await box.converse('agent', ['init', '--rotate'], []);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Old fingerprint');
  });

  it('ends without a change and without a stack trace on Ctrl-C', async () => {
    const { exitCode, stdout } = await box.converse('agent', ['init'], [['Address or host name', '\x03']]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('Error: interrupted; nothing was changed');
    expect(stdout).not.toContain('    at ');
    await expect(readFile(box.config)).rejects.toThrow('ENOENT');
  });
});

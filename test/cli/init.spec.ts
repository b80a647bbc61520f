import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { load } from 'js-yaml';
import { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { Sandbox } from './programs.js';

type Section = Record<string, string>;

interface InitJson {
  public_key: string;
  fingerprint: string;
  tunnel_address: string;
  config: string;
  key: string;
  changed: boolean;
  previous_fingerprint?: string;
  next: string;
}

const ENGINE_KEY = generateKey().publicKey;

describe('init', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await Sandbox.make();
  });
  afterEach(() => box.remove());

  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  const section = async (role: string): Promise<Section> =>
    (load(await readFile(box.config, 'utf8')) as Record<string, Section>)[role]!;
  const write = async (text: string) => {
    await mkdir(box.path('etc'), { recursive: true });
    await writeFile(box.config, text, { mode: 0o600 });
  };
  const init = async (program: 'engine' | 'agent' | 'cli', ...args: string[]): Promise<InitJson> => {
    const { exitCode, stdout, stderr } = await box.run(program, ['init', '--json', ...args]);
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as InitJson;
  };

  it.each([
    ['engine', []],
    ['agent', ['--engine-host', '192.0.2.7']],
  ] as const)('says how an %s with a config of its own is started', async (role, flags) => {
    const { stdout } = await box.run(role, ['init', ...flags]);
    expect(stdout).toContain(`\n  sudo banyan-${role} start --config '${box.config}'\n`);
  });

  it('writes the engine section as the specification shows it, and makes the whitelist directory', async () => {
    const { exitCode, stdout } = await box.run('engine', [
      'init',
      '--whitelisted-keys-dir',
      box.path('keys'),
    ]);
    expect(exitCode).toBe(0);
    const text = await readFile(box.config, 'utf8');
    const key = PrivateKey.parse((await section('engine'))['wg_private_key']!);
    expect(text).toBe(
      `engine:\n  wg_private_key: "${key.reveal()}"\n  wg_public_key: "${key.publicKey.text}"\n` +
        `  whitelisted_keys_dir: "${box.path('keys')}"\n  grpc_port: "50051"\n  store_backend: "embedded"\n`,
    );
    expect([await modeOf(box.config), await modeOf(box.path('etc')), await modeOf(box.path('keys'))]).toEqual(
      ['600', '700', '700'],
    );
    expect(await readdir(box.path('etc'))).toEqual(['banyan.yaml']);
    expect(stdout).toContain(key.publicKey.text);
    expect(stdout).toContain(key.publicKey.fingerprint);
    expect(stdout).not.toContain(key.reveal());
    for (const line of [
      'tcp dport 50051',
      'udp dport 51821',
      'ufw allow 51821/udp',
      '--add-port=50051/tcp',
    ]) {
      expect(stdout).toContain(line);
    }
  });

  it('writes etcd with its default address', async () => {
    await init(
      'engine',
      '--whitelisted-keys-dir',
      box.path('keys'),
      '--store-backend',
      'etcd',
      '--grpc-port',
      '6000',
    );
    expect(await section('engine')).toMatchObject({
      grpc_port: '6000',
      store_backend: 'etcd',
      store_address: 'http://127.0.0.1:2379',
    });
  });

  it('writes the agent section, and prints the exact line to run on the engine', async () => {
    const json = await init(
      'agent',
      '--engine-host',
      '192.168.1.10',
      '--engine-wg-public-key',
      ENGINE_KEY.text,
    );
    const { wg_private_key: text, ...rest } = await section('agent');
    const key = PrivateKey.parse(text!);
    expect(rest).toEqual({
      engine_host: '192.168.1.10',
      engine_port: '50051',
      engine_wg_public_key: ENGINE_KEY.text,
      wg_public_key: key.publicKey.text,
    });
    expect(json).toMatchObject({
      public_key: key.publicKey.text,
      config: box.config,
      key: 'created',
      next: `sudo banyan-engine add-client --name ${hostname()} --pubkey '${json.public_key}' --role agent --engine '${ENGINE_KEY.fingerprint}'`,
    });
    expect(json.tunnel_address).toMatch(/^10\.200\.\d+\.\d+$/);
  });

  it('prints a line that add-client takes as it is, on the engine it names and on no other', async () => {
    const engine = await init('engine', '--whitelisted-keys-dir', box.path('keys'));
    const { next } = await init('agent', '--engine-host', 'h', '--engine-wg-public-key', engine.public_key);
    const words = next.replace('sudo banyan-engine ', '').replaceAll("'", '').split(' ');
    expect((await box.run('engine', words)).exitCode).toBe(0);
    const stranger = await init('cli', '--engine-host', 'h', '--engine-wg-public-key', ENGINE_KEY.text);
    const other = await box.run(
      'engine',
      stranger.next.replace('sudo banyan-engine ', '').replaceAll("'", '').split(' '),
    );
    expect(other).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is not the key of this engine') as string,
    });
  });

  it.each(['agent', 'cli'] as const)(
    '%s without a terminal names the flag that is missing, exit code 2',
    async (program) => {
      const text = await box.run(program, ['init']);
      expect(text).toMatchObject({ exitCode: 2, stdout: '' });
      expect(text.stderr).toContain('--engine-host');
      const json = await box.run(program, ['init', '--json']);
      expect(json.exitCode).toBe(2);
      expect(JSON.parse(json.stdout)).toMatchObject({ error: { kind: 'invalid' } });
      expect(await readdir(box.path('etc'))).toEqual([]);
    },
  );

  it.each([
    ['--engine-host', 'a b'],
    ['--engine-host', 'h:50051'],
    ['--engine-port', '0'],
    ['--engine-port', '65536'],
    ['--engine-wg-public-key', 'abc'],
    ['--engine-wg-public-key', `${'A'.repeat(43)}=`],
    ['--engine-wg-public-key', Buffer.alloc(33, 1).toString('base64')],
  ])('refuses %s %j as wrong usage and writes nothing', async (flag, value) => {
    const { exitCode, stderr } = await box.run('agent', ['init', '--engine-host', 'h', flag, value]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(flag);
    await expect(stat(box.config)).rejects.toThrow('ENOENT');
  });

  it('takes a config written beforehand, as the specification shows, without asking', async () => {
    await write('# by hand\nagent:\n  engine_host: "192.168.1.10"\n  engine_port: "50051"\n');
    const json = await init('agent');
    expect(await readFile(box.config, 'utf8')).toMatch(
      /^# by hand\nagent:\n {2}engine_host: "192.168.1.10"\n {2}engine_port: "50051"\n {2}wg_private_key: "\S{44}"\n {2}wg_public_key: "\S{44}"\n$/,
    );
    expect(json.key).toBe('created');
  });

  it('rotates when run again: settings, comments and the old file are kept, both fingerprints shown', async () => {
    const first = await init('agent', '--engine-host', 'h', '--engine-port', '6000');
    await writeFile(box.config, (await readFile(box.config, 'utf8')).replace('6000"', '6000" # ours'));
    const before = await readFile(box.config, 'utf8');
    const { stdout } = await box.run('agent', ['init']);
    const after = await section('agent');
    expect(after).toMatchObject({ engine_host: 'h', engine_port: '6000' });
    expect(after['wg_public_key']).not.toBe(first.public_key);
    expect(await readFile(box.config, 'utf8')).toContain('"6000" # ours');
    expect(await readFile(`${box.config}.previous`, 'utf8')).toBe(before);
    expect(await modeOf(`${box.config}.previous`)).toBe('600');
    expect(stdout).toContain(first.fingerprint);
    expect(stdout).toContain(`--pubkey '${after['wg_public_key']}' --role agent --replace`);
  });

  it('rotates a pair that is none when told to, and keeps the file with what can be saved of it', async () => {
    await init('agent', '--engine-host', 'h');
    const good = await readFile(box.config, 'utf8');
    for (const [field, spoilt] of [
      ['wg_public_key', good.replace(/wg_public_key: "\S{44}"/, `wg_public_key: "${ENGINE_KEY.text}"`)],
      ['wg_private_key', good.replace('wg_private_key: "', 'wg_private_key: "zz')],
    ] as const) {
      await write(spoilt);
      const refused = await box.run('agent', ['init', '--keep']);
      expect(refused.stderr).toContain(field);
      const rotated = await init('agent', '--rotate');
      expect(rotated).toMatchObject({ key: 'rotated', changed: true });
      expect(rotated.next).toContain('--replace');
      expect(await readFile(`${box.config}.previous`, 'utf8')).toBe(spoilt);
      expect(await init('agent', '--keep')).toMatchObject({ public_key: rotated.public_key, changed: false });
    }
  });

  it('does not write a new key over a file that holds none, which may be another one', async () => {
    const file = box.path('key');
    await init('agent', '--engine-host', 'h');
    await write(`agent:\n  engine_host: "h"\n  wg_private_key_file: "${file}"\n`);
    await writeFile(file, Buffer.from([0xff, 0xfe, 0]), { mode: 0o600 });
    const refused = await box.run('agent', ['init', '--rotate']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(file);
    expect(await readFile(file)).toEqual(Buffer.from([0xff, 0xfe, 0]));
  });

  it('remembers the key by which an engine was known whose pair is spoilt', async () => {
    const first = await init('engine', '--whitelisted-keys-dir', box.path('keys'));
    const good = await readFile(box.config, 'utf8');
    await write(good.replace('wg_private_key: "', 'wg_private_key: "zz'));
    await init('engine', '--rotate');
    expect((await section('engine'))['former_public_keys']).toEqual([first.public_key]);
  });

  it("remembers the engine's former keys", async () => {
    const keys = ['--whitelisted-keys-dir', box.path('keys')];
    const first = await init('engine', ...keys);
    const second = await init('engine');
    await init('engine');
    expect((await section('engine'))['former_public_keys']).toEqual([first.public_key, second.public_key]);
  });

  it('keeps the key with --keep, changes settings, and changes nothing the second time', async () => {
    const first = await init('agent', '--engine-host', 'h');
    const second = await init('agent', '--keep', '--engine-wg-public-key', ENGINE_KEY.text);
    expect(second).toMatchObject({ key: 'kept', changed: true, public_key: first.public_key });
    const inode = (await stat(box.config)).ino;
    expect(await init('agent', '--keep')).toMatchObject({ key: 'kept', changed: false });
    expect((await stat(box.config)).ino).toBe(inode);
  });

  it("leaves other roles' sections and unknown keys alone", async () => {
    await write('cli:\n  engine_host: "x"   # mine\nfuture: [1, 2]\n');
    const { stderr } = await box.run('agent', ['init', '--engine-host', 'h']);
    expect(stderr).toContain('unknown section, `future`');
    expect(await readFile(box.config, 'utf8')).toMatch(
      /^cli:\n {2}engine_host: "x" {3}# mine\nfuture: \[1, 2\]\n\nagent:\n/,
    );
  });

  it('puts the key into wg_private_key_file, and not into the config', async () => {
    const file = box.path('etc', 'agent.key');
    await write(`agent:\n  engine_host: "h"\n  wg_private_key_file: "${file}"\n`);
    const first = await init('agent');
    const key = await readFile(file, 'utf8');
    expect(PrivateKey.parse(key.trim()).publicKey.text).toBe(first.public_key);
    expect(await readFile(box.config, 'utf8')).not.toContain(key.trim());
    expect(await modeOf(file)).toBe('600');
    await init('agent');
    expect(await readFile(`${file}.previous`, 'utf8')).toBe(key);
  });

  it('closes a config that others could read, and says so', async () => {
    await write('agent:\n  engine_host: "h"\n');
    await chmod(box.config, 0o644);
    const { stderr } = await box.run('agent', ['init']);
    expect(stderr).toContain('was open to other users (mode 644)');
    expect(await modeOf(box.config)).toBe('600');
  });

  it.each([
    ['broken YAML', 'agent: ['],
    ['a section that is a list', 'agent: [1]'],
    ['a wrong type', 'agent:\n  engine_host: [1]\n'],
    ['a wrong key', 'agent:\n  engine_host: h\n  wg_private_key: "x"\n'],
    ['an engine key that is none', 'agent:\n  engine_host: h\n  engine_wg_public_key: "x"\n'],
  ])('leaves a config with %s as it is', async (_, text) => {
    await write(text);
    const { exitCode, stderr } = await box.run('agent', ['init']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(box.config);
    expect(await readFile(box.config, 'utf8')).toBe(text);
    expect(await readdir(box.path('etc'))).toEqual(['banyan.yaml']);
  });

  it('says in one sentence that root is needed', async () => {
    const { exitCode, stderr } = await box.run('agent', ['init', '--engine-host', 'h'], {
      uid: 65534,
      env: { BANYAN_CONFIG: '' },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'Error: `banyan-agent init` needs root to write /etc/banyan/banyan.yaml\nTry: sudo banyan-agent init\n',
    );
  });

  it('gives an ordinary user a config of their own', async () => {
    await mkdir(box.path('home'));
    await chmod(box.path('home'), 0o777);
    const { exitCode } = await box.run('cli', ['init', '--engine-host', 'h'], {
      uid: 65534,
      env: { BANYAN_CONFIG: '', HOME: box.path('home') },
    });
    expect(exitCode).toBe(0);
    expect(await modeOf(box.path('home', '.config/banyan/banyan.yaml'))).toBe('600');
    expect(await modeOf(box.path('home', '.config/banyan'))).toBe('700');
  });

  it('lets one of two that run at once through, and loses nothing', async () => {
    await write('agent:\n  engine_host: "h"\n');
    const runs = await Promise.all(Array.from({ length: 4 }, () => box.run('agent', ['init', '--json'])));
    const done = runs.filter(({ exitCode }) => exitCode === 0);
    const refused = runs.filter(({ exitCode }) => exitCode !== 0);
    expect(done.length).toBeGreaterThan(0);
    for (const { stdout } of refused) {
      expect(JSON.parse(stdout)).toMatchObject({
        error: { kind: 'conflict', message: expect.stringContaining('is being changed') as string },
      });
    }
    const publicKeys = done.map(({ stdout }) => (JSON.parse(stdout) as InitJson).public_key);
    expect(publicKeys).toContain((await section('agent'))['wg_public_key']);
    expect((await readdir(box.path('etc'))).filter((name) => name.includes('.lock'))).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import type { BanyanError } from '#errors';
import { Subnet } from '#network';
import type { Role } from './fields.js';
import { loadConfig } from './load.js';

const key = PrivateKey.parse('yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=');
const other = generateKey();
const agent = `agent:\n  engine_host: "192.168.1.10"\n  wg_private_key: "${key.reveal()}"\n`;

describe('loading a config', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'banyan-config-'));
    path = join(directory, 'banyan.yaml');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const write = (text: string, mode = 0o600) => writeFile(path, text, { mode });
  const failure = async (text: string, role: Role = 'agent'): Promise<BanyanError> => {
    await write(text);
    const error = await loadConfig(role, path).then(
      () => undefined,
      (error: BanyanError) => error,
    );
    if (error === undefined) throw new Error('it loaded');
    expect(error.name).toBe('BanyanError');
    expect(JSON.stringify([error.message, error.remedy, String(error.cause)])).not.toContain(
      key.reveal().slice(0, 8),
    );
    expect(error.message).toContain(path);
    expect(error.remedy).toBeTruthy();
    return error;
  };

  it('gives an agent its settings with defaults, keys as keys and ports as numbers', async () => {
    await write(agent);
    const { settings, warnings } = await loadConfig('agent', path);
    expect(settings).toEqual({
      role: 'agent',
      configPath: path,
      engineHost: '192.168.1.10',
      enginePort: 50051,
      engineWgPort: 51821,
      engineKey: undefined,
      privateKey: key,
      stateDir: '/var/lib/banyan/agent',
      hostIp: undefined,
      wgPort: 51820,
      mtu: 1420,
      hostAccess: false,
      metricsListen: { host: '127.0.0.1', port: 9_751 },
      log: { level: 'info', format: 'text' },
      runDir: '/run/banyan-agent',
    });
    expect(settings.privateKey.reveal()).toBe(key.reveal());
    expect(warnings).toEqual([]);
  });

  it('gives the engine its settings with the defaults of the specification', async () => {
    await write(
      `engine:\n  wg_private_key: ${key.reveal()}\n  grpc_port: "6000"\n  former_public_keys: ["${other.publicKey.text}"]\n`,
    );
    const { settings } = await loadConfig('engine', path);
    expect(settings).toMatchObject({
      grpcPort: 6000,
      wgListenPort: 51821,
      whitelistedKeysDir: '/etc/banyan/whitelisted-keys',
      storeBackend: 'embedded',
      storeAddresses: ['http://127.0.0.1:2379'],
      storeAccess: {},
      headerAuth: 'local',
      keyRotation: 'allow',
      vpcCidr: Subnet.parse('10.201.0.0/16'),
      subnetPrefix: 24,
      stateDir: '/var/lib/banyan/engine',
      runDir: '/run/banyan-engine',
    });
    expect(settings.formerPublicKeys.map((former) => former.text)).toEqual([other.publicKey.text]);
  });

  it('takes a port without quotes and a field left empty', async () => {
    await write(`${agent}  engine_port: 6000\n  engine_wg_public_key:\n`);
    expect((await loadConfig('agent', path)).settings).toMatchObject({
      enginePort: 6000,
      engineKey: undefined,
    });
  });

  it('warns of unknown fields and sections, by name only', async () => {
    await write(`${agent}  engine_hots: "secret"\nextra: 1\n${key.reveal()}: 1\n`);
    const { warnings } = await loadConfig('agent', path);
    expect(warnings).toEqual([
      `${path} has an unknown section, \`extra\`; it is ignored`,
      `${path} has an unknown section, a name that is not shown; it is ignored`,
      `${path}: section \`agent\` has an unknown field, \`engine_hots\`; it is ignored`,
    ]);
  });

  it("does not look into other roles' sections", async () => {
    await write(`${agent}engine: 7\n`);
    expect((await loadConfig('agent', path)).warnings).toEqual([]);
  });

  it.each([
    ['0644', 0o644],
    ['0622', 0o622],
  ])('makes a config of mode %s private and says so', async (_, mode) => {
    await write(agent);
    await chmod(path, mode);
    const { warnings } = await loadConfig('agent', path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([
      expect.stringContaining(`was open to other users (mode ${mode.toString(8)}); it is 600 now`),
    ]);
  });

  it('leaves a mode alone that lets a group read', async () => {
    await write(agent);
    await chmod(path, 0o640);
    expect((await loadConfig('agent', path)).warnings).toEqual([]);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  it.each([
    ['a port out of range', 'engine_port: "65536"', 'agent.engine_port must be a port'],
    ['a port that is a word', 'engine_port: grpc', 'agent.engine_port must be a port'],
    ['a port that is a list', 'engine_port: [1]', 'agent.engine_port must be a port'],
    [
      'a host with a port',
      'engine_host: "h:50051"',
      'agent.engine_host must be an IP address or a host name',
    ],
    [
      'a mistyped address',
      'engine_host: "192.168.1.256"',
      'agent.engine_host must be an IP address or a host name',
    ],
    ['a host that is a number', 'engine_host: 7', 'agent.engine_host must be an IP address or a host name'],
    ['a host_ip that is a name', 'host_ip: "worker"', 'agent.host_ip must be an IP address'],
    ['an MTU below that of IPv6', 'mtu: "1279"', 'agent.mtu must be a number of bytes'],
    ['a switch that is a word', 'host_access: "yes"', 'agent.host_access must be true or false'],
    ['a relative path', 'state_dir: "var"', 'agent.state_dir must be an absolute path'],
    ['a path with a newline', 'state_dir: "/a\\nb"', 'agent.state_dir must be an absolute path'],
    [
      'a key that is a number',
      'engine_wg_public_key: 7',
      'agent.engine_wg_public_key must be a WireGuard key',
    ],
    [
      'an engine key of 31 bytes',
      `engine_wg_public_key: "${'A'.repeat(41)}==="`,
      'agent.engine_wg_public_key is not',
    ],
    ['an engine key that is empty', 'engine_wg_public_key: ""', 'agent.engine_wg_public_key is not'],
    [
      'the private key where the public one belongs',
      `wg_public_key: "${key.reveal()}"`,
      'does not belong to the private key',
    ],
    ['a pair that is none', `wg_public_key: "${other.publicKey.text}"`, 'does not belong to the private key'],
    [
      'two private keys',
      'wg_private_key_file: "/k"',
      'agent has both wg_private_key and wg_private_key_file',
    ],
  ])('refuses %s', async (_, line, message) => {
    const field = line.split(':')[0]!;
    const rest = agent
      .split('\n')
      .filter((existing) => !existing.startsWith(`  ${field}:`))
      .join('\n');
    const error = await failure(`${rest}  ${line}\n`);
    expect(error.kind).toBe('invalid');
    expect(error.message).toContain(message);
  });

  const k = key.reveal();
  it.each([
    ['31 bytes', Buffer.alloc(31, 7).toString('base64'), 'decodes to 31 bytes'],
    ['33 bytes', Buffer.alloc(33, 7).toString('base64'), 'decodes to 33 bytes'],
    ['not base64', `${k.slice(0, 20)} ${k.slice(20)}`, 'not base64'],
    ['non-canonical base64', `${k.slice(0, 42)}l=`, 'not in canonical form'],
    ['all zeros', `${'A'.repeat(43)}=`, 'all zeros'],
  ])('refuses a private key that is %s', async (_, text, message) => {
    expect((await failure(`agent:\n  engine_host: h\n  wg_private_key: "${text}"\n`)).message).toContain(
      message,
    );
  });

  it.each([
    ['an unclosed quote', `agent:\n  wg_private_key: "${k}\n`],
    ['a key without its colon', `agent:\n  wg_private_key "${k}"\n  engine_host: h\n`],
    ['a tab', `agent:\n\twg_private_key: ${k}\n`],
    ['a field twice', `${agent}  wg_private_key: ${k}\n`],
    ['an alias that is not there', `agent:\n  wg_private_key: *${k}\n`],
    ['a tag that is not there', `agent:\n  wg_private_key: !${k} x\n`],
    ['a NUL', `agent:\n  wg_private_key: ${k}\0\n`],
    ['a list', `- ${k}\n`],
    ['bare text', k],
    ['two documents', `${agent}---\n${agent}`],
    ['a section that is text', `agent: ${k}\n`],
    ['a section that is a list', `agent:\n  - ${k}\n`],
  ])('refuses %s without repeating a word of it', async (_, text) => {
    expect((await failure(text)).kind).toBe('invalid');
  });

  it('names the line of broken YAML', async () => {
    expect((await failure(`agent:\n  a: 1\n  b: [\n`)).message).toMatch(/line [34]\)/);
  });

  it.each([
    ['no section', 'cli:\n  engine_host: "h"\n', 'has no section `agent`'],
    ['no key', 'agent:\n  engine_host: "h"\n', 'has no private key for agent yet'],
    ['nothing at all', '', 'has no section `agent`'],
  ])('tells a file with %s to run init', async (_, text, message) => {
    const error = await failure(text);
    expect(error).toMatchObject({ kind: 'not-found', remedy: 'Run `sudo banyan-agent init`.' });
    expect(error.message).toContain(message);
  });

  it('tells a file that is not there to run init', async () => {
    await expect(loadConfig('cli', path)).rejects.toMatchObject({
      kind: 'not-found',
      remedy: 'Run `banyan-cli init`.',
    });
  });

  it('asks for the engine host where it is missing', async () => {
    expect((await failure(`agent:\n  wg_private_key: "${k}"\n`)).message).toContain(
      'agent.engine_host is missing',
    );
  });

  it('refuses a directory, a FIFO and a file of a gigabyte without waiting or reading them', async () => {
    await expect(loadConfig('agent', directory)).rejects.toMatchObject({
      message: `${directory} is not a plain file`,
    });
    execFileSync('mkfifo', [path]);
    await expect(loadConfig('agent', path)).rejects.toMatchObject({ message: `${path} is not a plain file` });
    await rm(path);
    execFileSync('truncate', ['-s', '1G', path]);
    await expect(loadConfig('agent', path)).rejects.toMatchObject({
      message: expect.stringContaining('bytes long') as string,
    });
  });

  describe('with wg_private_key_file', () => {
    let keyFile: string;
    beforeEach(async () => {
      keyFile = join(directory, 'key');
      await writeFile(keyFile, `${k}\n`, { mode: 0o600 });
      await write(`agent:\n  engine_host: "h"\n  wg_private_key_file: "${keyFile}"\n`);
    });

    it('reads the key there', async () => {
      expect((await loadConfig('agent', path)).settings.privateKey.reveal()).toBe(k);
    });

    it('follows a link, as secret stores make them', async () => {
      await rm(keyFile);
      await writeFile(`${keyFile}.real`, k, { mode: 0o600 });
      await symlink(`${keyFile}.real`, keyFile);
      expect((await loadConfig('agent', path)).settings.privateKey.reveal()).toBe(k);
    });

    it('refuses one that others can read, naming it', async () => {
      await chmod(keyFile, 0o644);
      await expect(loadConfig('agent', path)).rejects.toMatchObject({
        kind: 'host',
        message: `the private key file ${keyFile} is open to other users (mode 644)`,
      });
    });

    it('names the file that has no key, or a bad one', async () => {
      await writeFile(keyFile, 'nonsense');
      await expect(loadConfig('agent', path)).rejects.toThrow(
        `The content of ${keyFile} is not a WireGuard key`,
      );
      await rm(keyFile);
      await expect(loadConfig('agent', path)).rejects.toThrow(`${keyFile} has no private key for agent yet`);
    });
  });
});

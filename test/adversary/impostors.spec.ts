import { tunnelAddress, type PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { freeKeys } from '../../libs/whitelist/testing/keys.js';
import { CHECKOUT } from '../lab/checkout.js';
import { until, type Account, type Host, type Process } from '../lab/index.js';
import type { Answer } from '../e2e/plain-call.js';
import {
  agentIs,
  agentStatus,
  CONFIG,
  GRPC_PORT,
  json,
  KEYS_DIRECTORY,
  PrivateNetwork,
} from '../e2e/private-network.js';

const TUNNEL = '10.200.0.1';
const UNAUTHENTICATED = 16;
/** For whoever is answered, on a slow machine; and for a call that meets nobody, which ends by nothing else. */
const PATIENCE_MS = 30_000;
const PATIENCE_WITH_NOBODY_MS = 2_500;
/** A call that met nobody: dropped packets have no other end than the caller's patience. */
const UNREACHABLE = { code: 4, message: expect.stringContaining('Deadline exceeded') as string };

/** Where the whitelist is kept; it is mounted at the place that the engine reads. */
const KEPT = '/run/kept-keys';
/** A port of the engine's host that is nobody's business through the tunnel. */
const OTHER_PORT = 50_052;

/** Says whether a TCP connection opens. */
const CONNECT = `
  const [host, port, localAddress] = process.argv.slice(1);
  const socket = require('node:net').connect({ host, port: Number(port), localAddress });
  const say = (text) => { console.log(text); process.exit(); };
  setTimeout(() => say('nobody'), 1500);
  socket.on('connect', () => say('connected')).on('error', (error) => say(error.code));`;
const LISTEN = `require('node:net').createServer().listen(${OTHER_PORT}, () => console.log('listening'));`;

describe("somebody else who knows worker-1's public key", () => {
  let network: PrivateNetwork;
  let worker: Host;
  let other: Host;
  let agent: Process;
  let key: string;
  /** Another key that leads to the same tunnel address: found by trying, with its private half. */
  let ground: PrivateKey;
  const callers: Record<string, Account> = {};

  beforeAll(async () => {
    network = await PrivateNetwork.create('impostors');
    await network.engine.output(['mkdir', KEPT]);
    await mount();
    await network.startEngine();
    worker = await network.lab.host('worker-1');
    const [first, second] = collidingKeys();
    ground = second;
    await network.init('agent', worker);
    await giveKey(worker, CONFIG, first);
    key = first.publicKey.text;
    await network.addClient('worker-1', key);
    other = await network.host('agent', 'worker-2');
    // Before its agent, which forbids to forward what nobody forwarded before.
    const box = await container(worker);
    agent = await network.startAgent(worker);
    await network.startAgent(other);
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
    await agentIs(other, { state: 'connected', channel: 'tunnel' });
    Object.assign(callers, {
      'root on the engine': network.engine,
      'a user on the engine': await network.engine.asUser(2000),
      'root on worker-1': worker,
      'a user on worker-1': await worker.asUser(2000),
      'a container on worker-1': box,
      'root on worker-2': other,
    });
  });
  afterAll(() => network?.destroy());

  const mount = () => network.engine.output(['mount', '--bind', KEPT, KEYS_DIRECTORY]);
  const unmount = () => network.engine.output(['umount', '-l', KEYS_DIRECTORY]);

  const opens = async (from: Account, address: string, port: number, source = ''): Promise<string> =>
    (await from.output(['node', '-e', CONNECT, address, String(port), ...(source ? [source] : [])])).trim();

  /** For who is to be let in: a handshake or a slow machine may take longer than one attempt. */
  const getsIn = (from: Account, address: string, port: number) =>
    until(async () => (await opens(from, address, port)) === 'connected', {
      what: `${from.name} gets to ${address}:${port}`,
    });

  const listed = async (): Promise<Record<string, string>> => {
    const clients = await json<{ name: string; state: string }[]>(network.engine, [
      'banyan-engine',
      'list-clients',
    ]);
    return Object.fromEntries(clients.map(({ name, state }) => [name, state]));
  };

  const controlPeers = async (): Promise<string> =>
    network.engine.output(['wg', 'show', 'wg-control', 'allowed-ips']);

  async function ask(
    caller: string,
    address: string,
    kind: string,
    patienceMs = PATIENCE_MS,
  ): Promise<Answer> {
    const program = `${CHECKOUT}/dist/test/e2e/plain-call.js`;
    const who = [`${address}:${GRPC_PORT}`, key, kind];
    const output = await callers[caller]!.output([
      ...['node', program, ...who, String(patienceMs), network.engineKey],
    ]);
    return JSON.parse(output) as Answer;
  }

  const refused = (reason: RegExp): unknown => ({
    code: UNAUTHENTICATED,
    message: expect.stringMatching(reason) as string,
  });
  const noProof = () => refused(/names a key but does not prove it/);
  const direct = () => network.engine.address;
  const tunnel = () => TUNNEL;
  const loopback = () => '127.0.0.1';

  it.each<[string, string, () => string, string, () => unknown]>([
    ['root on the engine', 'plainly by loopback', loopback, 'plain', () => ({ channel: 'loopback' })],
    ['root on worker-1', 'plainly by its own tunnel', tunnel, 'plain', () => ({ channel: 'tunnel' })],
  ])('is not %s, who calls %s as documented', async (caller, _, address, kind, expected) => {
    expect(await ask(caller, address(), kind)).toMatchObject({
      identity: 'worker-1',
      ...(expected() as object),
    });
  });

  it.each<[string, string, () => string, string, () => unknown]>([
    ['a user on the engine', 'plainly by loopback', loopback, 'plain', noProof],
    ['a user on the engine', "plainly by the engine's own address", direct, 'plain', noProof],
    ['a user on worker-1', 'plainly through the tunnel', tunnel, 'plain', () => UNREACHABLE],
    ['a user on worker-1', 'plainly by direct TCP', direct, 'plain', noProof],
    ['a container on worker-1', 'plainly through the tunnel', tunnel, 'plain', () => UNREACHABLE],
    ['a container on worker-1', 'plainly by direct TCP', direct, 'plain', noProof],
    ['root on worker-2', 'plainly by direct TCP', direct, 'plain', noProof],
    [
      'root on worker-2',
      'plainly through its own tunnel',
      tunnel,
      'plain',
      () => refused(/does not own the tunnel address/),
    ],
    [
      'root on worker-2',
      'with a made-up secret',
      direct,
      'forged',
      () => ({ failed: expect.any(String) as string }),
    ],
    [
      'root on the engine',
      'with a made-up secret',
      loopback,
      'forged',
      () => ({ failed: expect.any(String) as string }),
    ],
    [
      'root on worker-2',
      'having proven another key, by direct TCP',
      direct,
      'own',
      () => refused(/another key than the one this connection proved/),
    ],
    [
      'root on the engine',
      'having proven another key, by loopback',
      loopback,
      'own',
      () => refused(/another key than the one this connection proved/),
    ],
  ])('is refused: %s, %s', async (caller, _, address, kind, expected) => {
    const patience = expected() === UNREACHABLE ? PATIENCE_WITH_NOBODY_MS : PATIENCE_MS;
    expect(await ask(caller, address(), kind, patience)).toEqual(expected());
  });

  it('would be admitted by the tunnel if worker-1 had no rules of its own', async () => {
    // An agent that is stopped puts no rules back.
    await agent.signal('SIGSTOP');
    await worker.output(['nft', 'delete', 'table', 'inet', 'banyan_control_agent']);
    expect(await ask('a user on worker-1', tunnel(), 'plain')).toMatchObject({ identity: 'worker-1' });
    await getsIn(callers['a container on worker-1']!, tunnel(), GRPC_PORT);
    await agent.signal('SIGCONT');
    await until(async () => (await opens(callers['a user on worker-1']!, tunnel(), GRPC_PORT)) === 'nobody', {
      what: 'worker-1 has its rules again',
    });
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
  });

  it('does not get in from its tunnel address, on the network below or by another tunnel', async () => {
    const address = tunnelAddress(ground.publicKey);
    await network.engine.output(['nft', '-f', '-'], {
      input: `table ip lab {
        counter forged { }
        counter honest { }
        chain in { type filter hook input priority 0;
          iifname eth0 ip saddr ${address} counter name forged; iifname eth0 ip saddr ${other.address} tcp dport ${GRPC_PORT} counter name honest; }
      }`,
    });
    await other.output(['ip', 'address', 'add', `${address}/32`, 'dev', 'lo']);
    expect(await opens(other, direct(), GRPC_PORT, address)).toBe('nobody');
    expect(await opens(other, tunnel(), GRPC_PORT, address)).toBe('nobody');
    await other.output(['ip', 'address', 'del', `${address}/32`, 'dev', 'lo']);
    await getsIn(other, direct(), GRPC_PORT);
    await getsIn(other, tunnel(), GRPC_PORT);
    const packets = async (name: string): Promise<number> => {
      const text = await network.engine.output(['nft', 'list', 'counter', 'ip', 'lab', name]);
      return Number(/packets ([0-9]+)/.exec(text)?.[1]);
    };
    expect(await packets('forged')).toBe(0);
    expect(await packets('honest')).toBeGreaterThan(0);
  });

  it('reaches no other port of the engine through a tunnel, though it does below', async () => {
    const service = network.engine.spawn(['node', '-e', LISTEN]);
    await service.says('listening');
    expect(await opens(worker, tunnel(), OTHER_PORT)).toBe('nobody');
    await getsIn(worker, direct(), OTHER_PORT);
    await getsIn(worker, tunnel(), GRPC_PORT);
    await service.stop();
  });

  /** With the key that leads to the address of worker-1, in a file with the earlier name. */
  async function groundKeyIsOut(): Promise<void> {
    expect(await listed()).toMatchObject({ 'a-first': 'conflict', 'worker-1': 'admitted' });
    const peers = await controlPeers();
    expect(peers).toContain(`${key}\t${tunnelAddress(ground.publicKey)}/32`);
    expect(peers).not.toContain(ground.publicKey.text);
    const attempt = await callers['a user on the engine']!.run(['banyan-cli', 'status']);
    expect(attempt.exitCode).toBe(1);
    expect(attempt.stderr).toContain("is not on the engine's whitelist");
  }

  it('takes no address by a key ground to it, whatever the file is called', async () => {
    const user = callers['a user on the engine']!;
    await network.init('cli', user, { engineHost: '127.0.0.1' });
    await giveKey(user, '/run/home/2000/.config/banyan/banyan.yaml', ground);
    await expect(network.addClient('a-first', ground.publicKey.text)).rejects.toThrow(/worker-1/);
    await putKey('a-first', ground.publicKey.text);
    // It is empty for a moment, and no conflict then.
    await until(async () => (await listed())['a-first'] === 'conflict', { what: 'the file is seen' });
    await groundKeyIsOut();
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
  });

  /** A file of this name, by one that can put any bytes into the folder. */
  async function putKey(name: string, text: string): Promise<void> {
    await network.engine.output(['tee', '--', `${KEPT}/${name}.pub`], { input: `${text}\n` });
  }

  it('reaches neither shell nor path, configuration, or line of a log, by the name of a file', async () => {
    const names = [
      ...[
        '$(touch banyan-pwned)',
        '`touch banyan-pwned`',
        ';touch banyan-pwned',
        '|touch banyan-pwned',
        '\'"x',
      ],
      ...[
        '-rf',
        '--config=x',
        '..',
        '.hidden',
        'a b',
        '%s%n',
        'ünïcode',
        '\x1b[2Jx',
        'worker-1\r',
        'x'.repeat(200),
      ],
      ...[
        'a\n2027-01-01T00:00:00Z ERROR forged',
        'a\n[Peer]\nPostUp = touch banyan-pwned',
        '*',
        'worker-1\n',
      ],
    ];
    /** What programs have of every object, and here two names like others. */
    const plain = ['__proto__', 'constructor'];
    const keys = freeKeys(names.length + plain.length);
    const before = await listed();
    const said = network.daemon.stderr.length;
    for (const [number, name] of [...names, ...plain].entries()) await putKey(name, keys[number]!.text);
    const seen = async () => {
      const now = await listed();
      const isWhole = Object.keys(now).length === Object.keys(before).length + keys.length;
      return isWhole && plain.every((name) => now[name] === 'admitted') ? Object.entries(now) : undefined;
    };
    const after = await until(seen, { what: 'every file is seen' });
    const states = (state: string) => after.filter(([, each]) => each === state).map(([name]) => name);
    expect(states('admitted').sort()).toEqual([...plain, 'worker-1', 'worker-2'].sort());
    expect(states('invalid')).toHaveLength(names.length);
    const shown = await network.engine.output(['banyan-engine', 'list-clients']);
    const logged = network.daemon.stderr.slice(said);
    for (const text of [shown, logged, ...after.map(([name]) => name)])
      expect(text).toMatch(/^[\n\x20-\x7e\u2500-\u257f]*$/);
    expect(logged).toContain('touch banyan-pwned');
    expect(`${shown}\n${logged}`).not.toMatch(/^(2027-01-01T|\[Peer\]|PostUp)/m);
    const places = ['/', '/run', '/etc/banyan', KEPT, '/var/lib', '/root'];
    expect(await network.engine.output(['find', ...places, '-maxdepth', '1', '-name', 'banyan-pwned'])).toBe(
      '',
    );
    await until(async () => (await controlPeers()).trim().split('\n').length === 4, {
      what: 'the control tunnel has all that are admitted as peers, and nobody else',
    });
    for (const name of [...names, ...plain]) await network.engine.output(['rm', '--', `${KEPT}/${name}.pub`]);
    await until(async () => Object.keys(await listed()).length === Object.keys(before).length, {
      what: 'all are gone',
    });
  });

  it('revokes nobody by unmounting the whitelist, also across a restart', async () => {
    const missed = async () =>
      (await json<{ whitelist: { error: string | null } }>(network.engine, ['banyan-engine', 'status']))
        .whitelist.error;
    await unmount();
    await until(missed, { what: 'the engine misses its whitelist' });
    await agentIs(worker, { state: 'connected' });
    expect(await controlPeers()).toContain(key);
    await network.daemon.stop();
    await network.startEngine();
    await until(async () => /knows nobody yet/.test((await agentStatus(worker)).last_error ?? ''), {
      what: 'worker-1 is told to come again',
    });
    expect((await agentStatus(worker)).state).toBe('connecting');
    expect((await worker.run(['ip', 'link', 'show', 'banyan-wg'])).exitCode).toBe(0);
    await mount();
    await agentIs(worker, { state: 'connected' });
    expect(agent.stderr).not.toContain('not admitted any more');
  });

  async function restartWith(headerAuth: string): Promise<void> {
    const config = (await network.engine.readFile(CONFIG)).replace(/\n {2}header_auth: .*/, '');
    await network.engine.writeFile(
      CONFIG,
      config.replace('engine:\n', `engine:\n  header_auth: "${headerAuth}"\n`),
    );
    await network.daemon.stop();
    await network.startEngine();
  }

  it('is let in where header_auth is "anywhere", which log and status call a weakness', async () => {
    await restartWith('anywhere');
    expect(await ask('root on worker-2', direct(), 'plain')).toEqual({
      identity: 'worker-1',
      channel: 'direct',
    });
    await network.daemon.says(
      / WARN {2}client\.unproven worker-1: admitted by its header alone, from 192\.0\.2\./,
    );
    const status = await network.engine.run(['banyan-engine', 'status']);
    expect(status.stderr).toMatch(/Warning: header_auth is "anywhere"/);
    expect(await json(network.engine, ['banyan-engine', 'status'])).toMatchObject({
      header_auth: 'anywhere',
      warnings: [expect.stringMatching(/whoever knows an admitted public key/)],
    });
  });

  it('is refused where header_auth is "never", as is everybody who only names a key', async () => {
    await restartWith('never');
    expect(await ask('root on the engine', loopback(), 'plain')).toEqual(noProof());
    expect(await ask('root on worker-2', direct(), 'plain')).toEqual(noProof());
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
    expect(await ask('root on worker-1', tunnel(), 'plain')).toEqual(noProof());
  });

  it('has taken no address after all these restarts, and would have if nobody had been there first', async () => {
    await groundKeyIsOut();
    await network.engine.output(['rm', `${KEPT}/worker-1.pub`]);
    await until(async () => (await listed())['a-first'] === 'admitted', {
      what: 'the other key is admitted',
    });
    const status = await json(callers['a user on the engine']!, ['banyan-cli', 'status']);
    expect(status).toMatchObject({ identity: 'a-first' });
    const peer = `${ground.publicKey.text}\t${tunnelAddress(ground.publicKey)}/32`;
    await until(async () => (await controlPeers()).includes(peer), { what: 'it has the address' });
  });
});

/** Two key pairs on one tunnel address: 16 bits collide among some hundreds of keys. */
function collidingKeys(): [PrivateKey, PrivateKey] {
  const byAddress = new Map<string, PrivateKey>();
  for (;;) {
    const key = generateKey();
    const address = tunnelAddress(key.publicKey);
    const other = byAddress.get(address);
    if (other) return [other, key];
    byAddress.set(address, key);
  }
}

/** Puts a key pair into a config in the place of the one that `init` has made. */
async function giveKey(on: Account, config: string, key: PrivateKey): Promise<void> {
  const text = (await on.output(['cat', config]))
    .replace(/^ +wg_private_key: .*/m, `  wg_private_key: "${key.reveal()}"`)
    .replace(/^ +wg_public_key: .*/m, `  wg_public_key: "${key.publicKey.text}"`);
  await on.output(['tee', config], { input: text });
}

/** What Docker makes of a container: a network behind a veth, whose packets leave with the host's address. */
async function container(host: Host): Promise<Account> {
  const inside = ['ip', 'netns', 'exec', 'box'];
  const setUp: string[][] = [
    ['ip', 'netns', 'add', 'box'],
    ['ip', 'link', 'add', 'veth-box', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'box'],
    ['ip', 'address', 'add', '172.30.0.1/24', 'dev', 'veth-box'],
    ['ip', 'link', 'set', 'veth-box', 'up'],
    [...inside, 'ip', 'address', 'add', '172.30.0.2/24', 'dev', 'eth0'],
    [...inside, 'ip', 'link', 'set', 'eth0', 'up'],
    [...inside, 'ip', 'route', 'add', 'default', 'via', '172.30.0.1'],
    ['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1'],
  ];
  for (const command of setUp) await host.output(command);
  await host.output(['nft', '-f', '-'], {
    input: `table ip lab_nat {
  chain out {
    type nat hook postrouting priority 100;
    ip saddr 172.30.0.0/24 oifname != "veth-box" masquerade
  }
}
`,
  });
  return host.through(`${host.name} container`, inside);
}

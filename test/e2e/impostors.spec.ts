import { CHECKOUT } from '../lab/checkout.js';
import type { Account, Host } from '../lab/index.js';
import { agentIs, CONFIG, GRPC_PORT, json, PrivateNetwork } from './private-network.js';
import type { Answer } from './plain-call.js';

const TUNNEL = '10.200.0.1';
const UNAUTHENTICATED = 16;
/** A call that met nobody: dropped packets have no other end than the caller's patience. */
const UNREACHABLE = { code: 4, message: expect.stringContaining('Deadline exceeded') as string };

describe("somebody else who knows worker-1's public key", () => {
  let network: PrivateNetwork;
  let worker: Host;
  let other: Host;
  let key: string;
  const callers: Record<string, Account> = {};

  beforeAll(async () => {
    network = await PrivateNetwork.create('impostors');
    await network.startEngine();
    worker = await network.lab.host('worker-1');
    key = await network.join('agent', worker);
    other = await network.host('agent', 'worker-2');
    // Before its agent, which forbids to forward what nobody forwarded before.
    const box = await container(worker);
    await network.startAgent(worker);
    await network.startAgent(other);
    await agentIs(worker, { state: 'connected', channel: 'tunnel' }, 30_000);
    await agentIs(other, { state: 'connected', channel: 'tunnel' }, 30_000);
    Object.assign(callers, {
      'root on the engine': network.engine,
      'a user on the engine': await network.engine.asUser(2000),
      'root on worker-1': worker,
      'a user on worker-1': await worker.asUser(2000),
      'a container on worker-1': box,
      'root on worker-2': other,
    });
  }, 90_000);
  afterAll(() => network?.destroy());

  async function ask(caller: string, address: string, kind: string): Promise<Answer> {
    const program = `${CHECKOUT}/dist/test/e2e/plain-call.js`;
    const at = `${address}:${GRPC_PORT}`;
    const output = await callers[caller]!.output(['node', program, at, key, kind, network.engineKey]);
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
    expect(await ask(caller, address(), kind)).toEqual(expected());
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
    expect(network.daemon.stderr).toMatch(
      / WARN .*worker-1 is admitted by its header alone, from 192\.0\.2\./,
    );
    const status = await network.engine.run(['banyan-engine', 'status']);
    expect(status.stderr).toMatch(/Warning: header_auth is "anywhere"/);
    expect(await json(network.engine, ['banyan-engine', 'status'])).toMatchObject({
      header_auth: 'anywhere',
      warnings: [expect.stringMatching(/whoever knows an admitted public key/)],
    });
  }, 60_000);

  it('is refused where header_auth is "never", as is everybody who only names a key', async () => {
    await restartWith('never');
    expect(await ask('root on the engine', loopback(), 'plain')).toEqual(noProof());
    expect(await ask('root on worker-2', direct(), 'plain')).toEqual(noProof());
    await agentIs(worker, { state: 'connected' }, 30_000);
    expect(await ask('root on worker-1', tunnel(), 'plain')).toEqual(noProof());
  }, 60_000);
});

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

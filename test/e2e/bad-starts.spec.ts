import { until, type Host } from '../lab/index.js';
import { CONFIG, PrivateNetwork } from './private-network.js';
import { toolbox } from './toolbox.js';

/** A program that holds a port, and says when it does. */
const HOLD_TCP = "require('net').createServer().listen(50051, () => console.log('held'))";
const HOLD_UDP = "require('dgram').createSocket('udp4').bind(51821, () => console.log('held'))";

describe('an engine that cannot start', () => {
  let network: PrivateNetwork;
  let engine: Host;

  beforeAll(async () => {
    network = await PrivateNetwork.create('bad-starts');
    engine = network.engine;
  });
  afterAll(() => network?.destroy());
  afterEach(() => engine.output(['sh', '-c', 'ip link del wg-control 2>/dev/null; true']));

  /** @returns what it said, after it ended by itself with 1. */
  async function refusal(): Promise<string> {
    const { exitCode, stdout, stderr } = await engine.run(['banyan-engine', 'start']);
    expect(`exit code ${exitCode}\n${stdout}${stderr}`).toMatch(/^exit code 1\n/);
    return stderr;
  }

  it.each([
    ['TCP', HOLD_TCP, /TCP port 50051 is in use by another program\nTry: .*grpc_port/],
    ['UDP', HOLD_UDP, /UDP port 51821 is in use by another process.*\nTry: .*wg_listen_port/],
  ])('names the %s port that another program has, and leaves no interface', async (_, script, error) => {
    const holder = engine.spawn(['node', '-e', script]);
    await holder.says('held');
    expect(await refusal()).toMatch(error);
    await holder.signal('SIGKILL');
    await holder.ended;
    expect((await engine.run(['ip', 'link', 'show', 'wg-control'])).exitCode).toBe(1);
  });

  it('leaves an interface alone that has its name and is not WireGuard', async () => {
    await engine.output(['ip', 'link', 'add', 'wg-control', 'type', 'bridge']);
    expect(await refusal()).toContain('an interface of kind bridge');
    await engine.output(['ip', 'link', 'show', 'wg-control']);
  });

  it.each([
    [
      'address',
      ['address', 'add', '10.200.7.7/24', 'dev', 'eth0'],
      ['address', 'del', '10.200.7.7/24', 'dev', 'eth0'],
    ],
    ['route', ['route', 'add', '10.200.7.0/24', 'dev', 'eth0'], ['route', 'del', '10.200.7.0/24']],
  ])('names the foreign %s in the network of the tunnel', async (_, add, remove) => {
    await engine.output(['ip', ...add]);
    expect(await refusal()).toMatch(
      /10\.200\.7\.[07].* is in 10\.200\.0\.0\/16, which the control tunnel needs/,
    );
    await engine.output(['ip', ...remove]);
  });

  it('names the address of an etcd that does not answer, and takes no other store', async () => {
    const config = await engine.readFile('/etc/banyan/banyan.yaml');
    const etcd = config.replace(
      /store_backend: .*/,
      'store_backend: "etcd"\n  store_address: "http://127.0.0.1:2"',
    );
    await engine.writeFile('/etc/banyan/banyan.yaml', etcd);
    expect(await refusal()).toContain('etcd at http://127.0.0.1:2 does not answer');
    await engine.writeFile('/etc/banyan/banyan.yaml', config);
  });

  const interfaces = () => engine.output(['sh', '-c', 'ls /sys/class/net | grep wg-control; true']);
  const tables = () => engine.output(['nft', 'list', 'tables']);

  it('keeps off the tunnel and the rules of the engine that answers on its admin socket', async () => {
    await network.startEngine();
    const rules = await engine.output(['nft', 'list', 'ruleset']);
    const config = await engine.readFile(CONFIG);
    await engine.writeFile(CONFIG, config.replace(/grpc_port: .*/, 'grpc_port: "50052"'));
    expect(await refusal()).toMatch(/another banyan-engine is running here: it answers on .*\nTry: /);
    expect(await engine.output(['nft', 'list', 'ruleset'])).toBe(rules);
    await engine.writeFile(CONFIG, config);
    await network.daemon.stop();
    expect(await interfaces()).toBe('wg-control\n');
    await engine.output(['banyan-engine', 'down']);
  });

  it('takes away the tunnel that it has made, and no other, when it fails after that', async () => {
    await engine.output(['mkdir', '-p', '/run/banyan-engine/admin.sock/in-the-way']);
    expect(await refusal()).toMatch(
      /the control tunnel was removed again[^]*cannot replace \/run\/banyan-engine\/admin\.sock/,
    );
    expect([await interfaces(), await tables()]).toEqual(['', '']);
    // Without its interface it ends by itself.
    await until(async () => (await engine.run(['pgrep', 'wireguard-go'])).exitCode === 1, {
      what: 'the userspace WireGuard has ended',
    });

    await engine.removeFile('/run/banyan-engine/admin.sock');
    await network.startEngine();
    await network.daemon.stop();
    const rules = await engine.output(['nft', 'list', 'ruleset']);
    await engine.output(['mkdir', '-p', '/run/banyan-engine/admin.sock/in-the-way']);
    expect(await refusal()).not.toContain('removed again');
    expect(await interfaces()).toBe('wg-control\n');
    expect(await engine.output(['nft', 'list', 'ruleset'])).toBe(rules);
    await engine.removeFile('/run/banyan-engine/admin.sock');
    await engine.output(['banyan-engine', 'down']);
  });

  it('is none where `wg` is missing: it serves by TCP, and says what to install', async () => {
    const started = await network.startEngine(await toolbox(engine, 'no-wg', { wg: undefined }));
    await started.says(/`wg` is not installed.*apt-get install wireguard-tools/);
    // At once, while programs that it started still run.
    await started.signal('SIGTERM');
    expect(await started.ended).toMatchObject({ exitCode: 0 });
  });
});

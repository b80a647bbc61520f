import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { plan, systemDevices, type ActualPeer, type DesiredDevice, type WireguardDevices } from '#wireguard';
import { Lab, until, type Host } from '../lab/index.js';
import { runOn } from './run-on.js';

const NAME = 'wg-control';
const PORT = 51_821;
const keys = { engine: generateKey(), worker: generateKey(), other: generateKey() };

describe('WireGuard between two hosts', () => {
  let lab: Lab;
  let engineHost: Host;
  let workerHost: Host;
  let engineDevices: WireguardDevices;
  let workerDevices: WireguardDevices;

  beforeAll(async () => {
    lab = await Lab.create('wireguard');
    engineHost = await lab.host('engine');
    workerHost = await lab.host('worker');
    engineDevices = systemDevices({ run: runOn(engineHost) });
    workerDevices = systemDevices({ run: runOn(workerHost) });
  });
  afterAll(() => lab?.destroy());

  function engine(changes: Partial<DesiredDevice> = {}): DesiredDevice {
    return {
      name: NAME,
      privateKey: keys.engine,
      listenPort: PORT,
      addresses: ['10.200.0.1/32', 'fd00::1/128'],
      mtu: 1400,
      peers: [
        { publicKey: keys.worker.publicKey, allowedIps: ['10.200.1.1/32', 'fd00::2'] },
        { publicKey: keys.other.publicKey, allowedIps: ['10.200.2.2/32'] },
      ],
      routes: [
        { destination: '10.200.1.1/32', source: '10.200.0.1' },
        { destination: '10.200.2.2' },
        { destination: 'fd00::2' },
      ],
      ...changes,
    };
  }

  function worker(): DesiredDevice {
    const publicKey = keys.engine.publicKey;
    const endpoint = `${engineHost.address}:${PORT}`;
    return {
      name: NAME,
      privateKey: keys.worker,
      addresses: ['10.200.1.1/32', 'fd00::2'],
      mtu: 1400,
      peers: [{ publicKey, endpoint, allowedIps: ['10.200.0.1/32', 'fd00::1'], persistentKeepalive: 25 }],
      routes: [{ destination: '10.200.0.1' }, { destination: 'fd00::1' }],
    };
  }

  async function reach(devices: WireguardDevices, desired: DesiredDevice): Promise<string[]> {
    const changes = plan(desired, await devices.get(NAME));
    await devices.apply(desired, changes);
    return changes.map(({ kind }) => kind);
  }

  async function peerOf(devices: WireguardDevices, key: PrivateKey): Promise<ActualPeer | undefined> {
    return (await devices.get(NAME))?.peers.find(({ publicKey }) => publicKey.equals(key.publicKey));
  }

  it('is set up from nothing, in userspace where the kernel has none, and then needs no change', async () => {
    expect(await engineDevices.get(NAME)).toBeUndefined();
    await reach(engineDevices, engine());
    await reach(workerDevices, worker());
    const device = await engineDevices.get(NAME);
    expect(device).toMatchObject({ listenPort: PORT, up: true, mtu: 1400, publicKey: keys.engine.publicKey });
    expect(plan(engine(), device)).toEqual([]);
    expect(plan(worker(), await workerDevices.get(NAME))).toEqual([]);
  });

  it('carries packets, IPv4 and IPv6, and reports the handshake', async () => {
    await workerHost.output(['ping', '-c', '1', '-w', '30', '10.200.0.1']);
    await workerHost.output(['ping', '-c', '1', '-w', '30', 'fd00::1']);
    const peer = await peerOf(engineDevices, keys.worker);
    expect(peer?.endpoint).toMatch(`${workerHost.address}:`);
    expect(peer?.receivedBytes).toBeGreaterThan(0);
    expect(Math.abs(Date.now() - (peer?.latestHandshakeMs ?? 0))).toBeLessThan(30_000);
  });

  it('changes, adds and removes peers in place, while the session of another goes on', async () => {
    const [before] = engine().peers;
    const session = await peerOf(engineDevices, keys.worker);
    const newcomer = { publicKey: generateKey().publicKey, allowedIps: ['10.200.2.2/32'] };
    const changed = {
      publicKey: keys.other.publicKey,
      endpoint: '192.0.2.200:9',
      allowedIps: ['10.200.3.3/32'],
    };
    const pinging = workerHost.spawn(['ping', '-i', '0.02', '10.200.0.1']);
    const answered = () =>
      [...pinging.stdout.matchAll(/icmp_seq=(\d+) .*\n/g)].map(([, number]) => Number(number));
    await pinging.says('bytes from');
    expect(await reach(engineDevices, engine({ peers: [before!, changed, newcomer] }))).toEqual([
      'update-peer',
      'add-peer',
    ]);
    expect(await reach(engineDevices, engine({ peers: [before!] }))).toEqual(['remove-peer', 'remove-peer']);
    const meanwhile = answered().length;
    await until(() => answered().length > meanwhile + 20);
    await pinging.signal('SIGINT');
    await pinging.ended;
    // Each of them, but for those that were still on their way.
    expect(answered()).toEqual(answered().map((_, index) => index + 1));
    expect(await peerOf(engineDevices, keys.worker)).toMatchObject({
      endpoint: session?.endpoint,
      latestHandshakeMs: session?.latestHandshakeMs,
    });
  });

  it('keeps the session of the very peer that changes', async () => {
    const session = await peerOf(engineDevices, keys.worker);
    const wider = {
      publicKey: keys.worker.publicKey,
      allowedIps: ['10.200.1.1', 'fd00::2', '10.201.1.0/24'],
    };
    expect(await reach(engineDevices, engine({ peers: [wider] }))).toEqual(['update-peer']);
    expect(await peerOf(engineDevices, keys.worker)).toMatchObject({
      allowedIps: expect.arrayContaining(['10.201.1.0/24', '10.200.1.1/32', 'fd00::2/128']) as string[],
      endpoint: session?.endpoint,
      latestHandshakeMs: session?.latestHandshakeMs,
    });
    await workerHost.output(['ping', '-c', '1', '-w', '30', '10.200.0.1']);
  });

  it('is adopted by whoever starts next, and outlives who started it', async () => {
    await reach(engineDevices, engine());
    const next = systemDevices({ run: runOn(engineHost) });
    expect(plan(engine(), await next.get(NAME))).toEqual([]);
    const processes = await engineHost.output(['ps', '-C', 'wireguard-go', '-o', 'pid=,sid=']);
    const [pid = '', session] = processes.trim().split(/ +/);
    // A session that a process outside the host leads, such as ours, is 0 in there.
    expect(Number(session)).toBeGreaterThan(0);
    for (const descriptor of ['0', '1', '2']) {
      expect(await engineHost.output(['readlink', `/proc/${pid}/fd/${descriptor}`])).toBe('/dev/null\n');
    }
    expect(await engineHost.output(['readlink', `/proc/${pid}/cwd`])).toBe('/\n');
  });

  it('is healed of drift made by hand, and only where it drifted', async () => {
    const stranger = generateKey().publicKey.text;
    await engineHost.output(['wg', 'set', NAME, 'peer', stranger, 'allowed-ips', '10.200.1.1/32']);
    await engineHost.output(['ip', 'address', 'add', '10.77.0.1/24', 'dev', NAME]);
    await engineHost.output(['ip', 'route', 'add', '10.78.0.0/16', 'dev', NAME, 'src', '10.77.0.1']);
    await engineHost.output(['ip', 'link', 'set', NAME, 'mtu', '1300']);
    const kinds = await reach(engineDevices, engine());
    expect(kinds).toEqual(['set-mtu', 'remove-address', 'remove-peer', 'update-peer', 'remove-route']);
    expect(plan(engine(), await engineDevices.get(NAME))).toEqual([]);
    await engineHost.output(['ip', 'link', 'set', NAME, 'down']);
    // Routes go with the link, and so do IPv6 addresses.
    const routes = engine().routes.map(() => 'add-route');
    expect(await reach(engineDevices, engine())).toEqual(['add-address', 'set-up', ...routes]);
    expect(plan(engine(), await engineDevices.get(NAME))).toEqual([]);
    await until(
      async () => (await workerHost.run(['ping', '-c', '1', '-W', '1', '10.200.0.1'])).exitCode === 0,
    );
  });

  it('changes its own key in place', async () => {
    const rotated = engine({ privateKey: generateKey() });
    expect(await reach(engineDevices, rotated)).toEqual(['set-key']);
    expect(plan(rotated, await engineDevices.get(NAME))).toEqual([]);
  });

  it('is gone after it is removed, with its process and its socket; removing it again is no error', async () => {
    await engineDevices.remove(NAME);
    expect(await engineDevices.get(NAME)).toBeUndefined();
    await until(async () => (await engineHost.run(['pgrep', 'wireguard-go'])).exitCode === 1);
    expect(await engineHost.output(['ls', '/run/wireguard'])).toBe('');
    await engineDevices.remove(NAME);
  });
});

import { readdir, readFile } from 'node:fs/promises';
import { generateKey } from '#crypto/generate';
import type { Run } from '#host';
import { plan, systemDevices, type DesiredDevice, type WireguardDevices } from '#wireguard';
import { Lab, until, type Host } from '../lab/index.js';
import { runOn } from './run-on.js';

const NAME = 'banyan-wg';
const key = generateKey();

describe('WireGuard on a host where something is in the way', () => {
  let lab: Lab;
  let host: Host;
  let devices: WireguardDevices;

  beforeAll(async () => {
    lab = await Lab.create('wireguard-failures');
    host = await lab.host('alpha');
    devices = systemDevices({ run: runOn(host) });
  });
  afterEach(() => devices.remove(NAME));
  afterAll(() => lab?.destroy());

  function desired(changes: Partial<DesiredDevice> = {}): DesiredDevice {
    const name = NAME;
    return {
      name,
      privateKey: key,
      listenPort: 51_820,
      addresses: [],
      mtu: 1420,
      peers: [],
      routes: [],
      ...changes,
    };
  }

  async function reach(device: DesiredDevice, by = devices): Promise<void> {
    await by.apply(device, plan(device, await by.get(NAME)));
  }

  async function refused(device: DesiredDevice): Promise<unknown> {
    return reach(device).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** Takes the UDP port on the host until the returned process is stopped. */
  async function occupy(port: number) {
    const program = `require('node:dgram').createSocket('udp4').bind(${port}, () => console.log('bound'))`;
    const holder = host.spawn(['node', '-e', program]);
    await holder.says('bound');
    return holder;
  }

  /** The kernel removes its interface; its socket stays, until `wg` next finds that nobody answers there. */
  async function killDaemon(): Promise<void> {
    await host.output(['pkill', '-KILL', 'wireguard-go']);
    await until(async () => (await host.run(['ip', 'link', 'show', 'dev', NAME])).exitCode === 1);
    expect(await host.output(['ls', '/run/wireguard'])).toBe(`${NAME}.sock\n`);
  }

  it.each([
    ['veth', ['type', 'veth', 'peer', 'name', 'other']],
    ['bridge', ['type', 'bridge']],
  ])('names the %s that has the interface name, and leaves it alone', async (kind, type) => {
    await host.output(['ip', 'link', 'add', NAME, ...type]);
    const taken = {
      kind: 'conflict',
      message: expect.stringContaining(`an interface of kind ${kind}`) as string,
    };
    await expect(devices.get(NAME)).rejects.toMatchObject(taken);
    await expect(devices.remove(NAME)).rejects.toMatchObject(taken);
    await host.output(['ip', 'link', 'delete', NAME]);
  });

  it('does not take a foreign TUN device for its own, even beside the socket of a daemon that died', async () => {
    await reach(desired());
    await killDaemon();
    await host.output(['ip', 'tuntap', 'add', 'dev', NAME, 'mode', 'tun']);
    await expect(devices.get(NAME)).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('a TUN device for which no WireGuard answers') as string,
    });
    await host.output(['ip', 'link', 'delete', NAME]);
  });

  it('makes the interface again after its daemon died', async () => {
    await reach(desired());
    await killDaemon();
    await reach(desired());
    expect(plan(desired(), await devices.get(NAME))).toEqual([]);
  });

  it('knows its interface by another name, and does not touch it', async () => {
    await host.output(['ip', 'link', 'add', 'dummy', 'type', 'bridge']);
    await host.output(['ip', 'link', 'property', 'add', 'dev', 'dummy', 'altname', NAME]);
    await expect(devices.get(NAME)).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('another name of the interface dummy') as string,
    });
    await host.output(['ip', 'link', 'delete', 'dummy']);
  });

  it('names the port that is taken, and removes the new interface again', async () => {
    const holder = await occupy(51_820);
    expect(await refused(desired())).toMatchObject({
      kind: 'conflict',
      message:
        'cannot listen on UDP port 51820: UDP port 51820 is in use by another process; ' +
        `the new interface ${NAME} was removed again`,
    });
    expect(await devices.get(NAME)).toBeUndefined();
    await holder.stop();
  });

  it('keeps an existing interface on its old port when the new one is taken', async () => {
    await reach(desired());
    const holder = await occupy(51_899);
    expect(await refused(desired({ listenPort: 51_899 }))).toMatchObject({
      kind: 'conflict',
      message: 'cannot listen on UDP port 51899: UDP port 51899 is in use by another process',
    });
    expect(await devices.get(NAME)).toMatchObject({ listenPort: 51_820, up: true });
    await holder.stop();
  });

  it('removes a new interface again when its set-up fails half-way', async () => {
    await host.output(['ip', 'route', 'add', '10.201.0.0/16', 'dev', 'eth0']);
    expect(await refused(desired({ routes: [{ destination: '10.201.0.0/16' }] }))).toMatchObject({
      kind: 'conflict',
      message:
        'cannot add the route to 10.201.0.0/16: another interface has a route to it; ' +
        `the new interface ${NAME} was removed again`,
    });
    expect(await devices.get(NAME)).toBeUndefined();
    expect((await host.run(['pgrep', 'wireguard-go'])).exitCode).toBe(1);
    expect(await host.output(['ip', 'route', 'show', '10.201.0.0/16'])).toContain('dev eth0');
    await host.output(['ip', 'route', 'delete', '10.201.0.0/16']);
  });

  it('leaves on an existing interface what was done before the step that failed', async () => {
    await reach(desired());
    const publicKey = generateKey().publicKey;
    const failing = desired({
      peers: [{ publicKey, allowedIps: [] }],
      routes: [{ destination: '10.9.0.0/16', source: '10.9.9.9' }],
    });
    expect(await refused(failing)).toMatchObject({
      kind: 'host',
      message: expect.stringContaining('cannot add the route to 10.9.0.0/16 from 10.9.9.9') as string,
    });
    expect((await devices.get(NAME))?.peers).toMatchObject([{ publicKey }]);
  });

  it('says what to install when there is no WireGuard at all', async () => {
    const bare = systemDevices({ run: runOn(host), environment: { PATH: '/nonexistent' } });
    await expect(reach(desired(), bare)).rejects.toMatchObject({
      kind: 'host',
      message: `cannot create the interface: there is no WireGuard for ${NAME}: neither in this kernel nor as a program`,
      remedy: expect.stringContaining('apt-get install wireguard-go') as string,
    });
  });

  it('uses the implementation that WG_QUICK_USERSPACE_IMPLEMENTATION names, and says when it fails', async () => {
    const environment = { PATH: process.env.PATH, WG_QUICK_USERSPACE_IMPLEMENTATION: '/bin/false' };
    await expect(reach(desired(), systemDevices({ run: runOn(host), environment }))).rejects.toThrow(
      `cannot create the interface: \`/bin/false ${NAME}\` failed: exit code 1`,
    );
  });

  it('tells a user without privileges that root is needed', async () => {
    await reach(desired());
    const user: Run = (program, args, options) =>
      runOn(host)('setpriv', ['--reuid=1234', '--regid=1234', '--clear-groups', program, ...args], options);
    const unprivileged = systemDevices({ run: user });
    await expect(
      unprivileged.apply(desired(), [{ kind: 'set-mtu', mtu: 1300, reason: '' }]),
    ).rejects.toMatchObject({
      remedy: 'Run this as root, or with sudo.',
    });
  });

  it('shows the private key in no argument and no environment of any process', async () => {
    const seen: string[] = [];
    const watched: Run = async (program, args, options) => {
      seen.push([program, ...args].join(' '));
      const running = runOn(host)(program, args, options);
      let ended = false;
      const end = running.finally(() => (ended = true));
      while (!ended) seen.push(...(await commandLines()));
      return end;
    };
    await reach(desired(), systemDevices({ run: watched }));
    expect((await devices.get(NAME))?.publicKey?.text).toBe(key.publicKey.text);
    seen.push(...(await commandLines()));
    expect(seen.some((line) => line.includes('private-key /dev/stdin'))).toBe(true);
    expect(seen.some((line) => line.includes(`wireguard-go\0${NAME}`))).toBe(true);
    expect(seen.filter((line) => line.includes(key.reveal()))).toEqual([]);
  });
});

/** Arguments and environments of every process of the machine. */
async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const files = pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  return Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
}

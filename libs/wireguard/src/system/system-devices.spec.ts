import { plan } from '../plan.js';
import { sampleDevice, sampleKey, samplePublicKey } from '../testing/sample-device.js';
import { ScriptedRun, type ScriptedCall } from '../testing/scripted-run.js';
import { systemDevices } from './system-devices.js';

const NAME = 'wg-control';
const own = sampleKey(1);
const peer = samplePublicKey(1);
const desired = sampleDevice({
  peers: [{ publicKey: peer, allowedIps: ['10.200.1.1/32'] }],
  routes: [{ destination: '10.200.1.1' }],
});

const link = (kind: string) =>
  `[{"ifname":"${NAME}","flags":["UP"],"mtu":1420,"linkinfo":{"info_kind":"${kind}"},"addr_info":[]}]`;
const show = { command: `ip -json -details address show dev ${NAME}` };
const dump = { command: `wg show ${NAME} dump` };
const routes = { command: `ip -json -family inet route show dev ${NAME}`, stdout: '[]' };
const routes6 = { command: `ip -json -family inet6 route show dev ${NAME}`, stdout: '[]' };
const absent = { ...show, exitCode: 1, stderr: `Device "${NAME}" does not exist.` };
const dumped = `${own.reveal()}\t${own.publicKey.text}\t51821\toff\n`;
const existing = (kind: string): ScriptedCall[] => [
  { ...show, stdout: link(kind) },
  { ...dump, stdout: dumped },
  routes,
  routes6,
];
const addLink = { command: `ip link add dev ${NAME} type wireguard` };
const unsupported = { ...addLink, exitCode: 2, stderr: 'Error: Unknown device type.' };
const setKey = { command: `wg set ${NAME} private-key /dev/stdin`, input: `${own.reveal()}\n` };
const port = { command: `wg show ${NAME} listen-port`, stdout: '51821\n' };
const setPort = { command: `wg set ${NAME} listen-port 51821` };
const batch = (...lines: string[]) => ({ command: 'ip -force -batch -', input: lines.join('\n') + '\n' });
const furnish = batch(`link set dev ${NAME} mtu 1420`, `address replace 10.200.0.1/32 dev ${NAME}`);
const addPeers = {
  command: `wg addconf ${NAME} /dev/stdin`,
  input: `[Peer]\nPublicKey = ${peer.text}\nAllowedIPs = 10.200.1.1/32\nPersistentKeepalive = off\n`,
};
const raise = batch(`link set dev ${NAME} up`, `route add 10.200.1.1/32 dev ${NAME} proto 201`);
const deleteLink = { command: `ip link delete dev ${NAME}` };
const setup: ScriptedCall[] = [
  setKey,
  { ...port, stdout: '40000\n' },
  setPort,
  furnish,
  addPeers,
  raise,
  port,
];

describe('the interfaces of this host', () => {
  let script: ScriptedRun;
  const devices = (systemd = false) =>
    systemDevices({ run: script.run, environment: { PATH: '/nowhere' }, systemd });

  beforeEach(() => {
    script = new ScriptedRun();
  });
  afterEach(() => script.done());

  it("are the kernel's where it has WireGuard: the key by standard input, peers and addresses in batches", async () => {
    script.expect(absent, addLink, ...setup);
    await devices().apply(desired, plan(desired, await devices().get(NAME)));
  });

  it.each([
    ['wireguard', 'kernel'],
    ['tun', 'userspace'],
  ])('of kind %s belong to WireGuard in %s', async (kind, implementation) => {
    script.expect(...existing(kind));
    expect(await devices().get(NAME)).toMatchObject({ implementation, publicKey: own.publicKey, up: true });
  });

  it('are read on a host without IPv6', async () => {
    const [first, second, third] = existing('wireguard');
    const refusal = { ...routes6, exitCode: 2, stderr: 'RTNETLINK answers: Operation not supported' };
    script.expect(first!, second!, third!, refusal);
    expect(await devices().get(NAME)).toMatchObject({ routes: [] });
  });

  it('are told from others before anything is changed', async () => {
    script.expect({ ...show, stdout: link('vxlan') });
    await expect(devices().remove(NAME)).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('have names that are checked before anything runs', async () => {
    await expect(devices().get('../x')).rejects.toMatchObject({ kind: 'invalid' });
    await expect(devices().remove('-h')).rejects.toMatchObject({ kind: 'invalid' });
    await expect(devices().apply({ ...desired, name: 'all' }, [])).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('are removed again, and it is said, when the kernel finds the port taken at the very end', async () => {
    const stderr =
      'RTNETLINK answers: Address already in use\nCommand failed -:1\nError: Device is down.\nCommand failed -:2\n';
    script.expect(
      addLink,
      ...setup.slice(0, 5),
      { ...raise, exitCode: 1, stderr },
      ...existing('wireguard'),
      deleteLink,
    );
    await expect(devices().apply(desired, plan(desired, undefined))).rejects.toMatchObject({
      kind: 'conflict',
      message:
        'cannot bring the interface up: UDP port 51821 is in use by another process; ' +
        `the new interface ${NAME} was removed again`,
      remedy: expect.stringContaining('sport = :51821') as string,
    });
  });

  it('say so when a new one can be neither set up nor removed again', async () => {
    const failure = { exitCode: 1, stderr: 'Unable to modify interface: Invalid argument' };
    script.expect(addLink, { ...setKey, ...failure }, ...existing('wireguard'), {
      ...deleteLink,
      ...failure,
    });
    await expect(devices().apply(desired, plan(desired, undefined))).rejects.toThrow(
      /^cannot set the private key: .*; the new interface wg-control could not be removed again either: /,
    );
  });

  it('are not removed when they could not be created, since they are not ours then', async () => {
    script.expect({ ...addLink, exitCode: 2, stderr: 'RTNETLINK answers: File exists' });
    await expect(devices().apply(desired, plan(desired, undefined))).rejects.toMatchObject({
      kind: 'conflict',
    });
  });

  it('do not count as up while a userspace implementation is deaf', async () => {
    script.expect(raise, { ...port, stdout: '0\n' });
    const changes = plan(desired, undefined).filter(({ kind }) => kind === 'set-up' || kind === 'add-route');
    await expect(devices().apply(desired, changes)).rejects.toThrow('UDP port 51821 is in use');
  });

  it('lose a route or an address that is gone already without complaint', async () => {
    const stderr = 'RTNETLINK answers: No such process\nCommand failed -:1\n';
    script.expect({ ...batch(`route delete 10.9.0.0/16 dev ${NAME}`), exitCode: 1, stderr });
    await devices().apply(desired, [
      { kind: 'remove-route', route: { destination: '10.9.0.0/16' }, reason: '' },
    ]);
  });

  it('need root, which is said in one sentence', async () => {
    script.expect({ ...addLink, exitCode: 2, stderr: 'RTNETLINK answers: Operation not permitted' });
    await expect(devices().apply(desired, plan(desired, undefined))).rejects.toMatchObject({
      kind: 'host',
      message: 'cannot create the interface: network interfaces may be seen and changed by root only',
      remedy: 'Run this as root, or with sudo.',
    });
  });

  describe('where the kernel has no WireGuard', () => {
    const environment = { PATH: '/usr/bin', WG_QUICK_USERSPACE_IMPLEMENTATION: '/bin/true' };
    const create = [{ kind: 'create', reason: '' }] as const;
    const unit = `banyan-wireguard@${NAME}.service`;
    const cat = { command: 'systemctl cat banyan-wireguard@.service' };
    const detached = {
      command: `env --ignore-environment --chdir=/ PATH=/usr/bin WG_SUDO=1 setsid --wait /bin/true ${NAME}`,
    };
    const answer = { ...dump, stdout: dumped };

    it('belong to a program that is detached from us', async () => {
      script.expect(unsupported, detached, answer);
      await systemDevices({ run: script.run, environment, systemd: false }).apply(desired, create);
    });

    it('belong to a unit of their own where systemd runs and has it, until they are removed', async () => {
      script.expect(
        unsupported,
        cat,
        { command: `systemctl start ${unit}` },
        { ...dump, exitCode: 1 },
        answer,
      );
      const devices = systemDevices({ run: script.run, environment, systemd: true });
      await devices.apply(desired, create);
      script.expect(
        ...existing('tun'),
        deleteLink,
        cat,
        { command: `systemctl stop ${unit}` },
        { ...dump, exitCode: 1 },
      );
      await devices.remove(NAME);
    });

    it('belong to a detached program where systemd runs without that unit', async () => {
      script.expect(unsupported, { ...cat, exitCode: 1 }, detached, answer);
      await systemDevices({ run: script.run, environment, systemd: true }).apply(desired, create);
    });

    it('come with the command that shows why the unit failed', async () => {
      script.expect(unsupported, cat, {
        command: `systemctl start ${unit}`,
        exitCode: 1,
        stderr: 'Job failed.',
      });
      await expect(
        systemDevices({ run: script.run, environment, systemd: true }).apply(desired, create),
      ).rejects.toMatchObject({
        remedy: `journalctl -u ${unit}`,
      });
    });

    it('cannot be made when there is no program either', async () => {
      script.expect(unsupported);
      await expect(devices().apply(desired, create)).rejects.toMatchObject({
        kind: 'host',
        remedy: expect.stringContaining('apt-get install wireguard-go') as string,
      });
    });
  });
});

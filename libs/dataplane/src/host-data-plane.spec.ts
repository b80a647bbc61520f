import { SILENT } from '#log';
import { generateKey } from '#crypto/generate';
import { BanyanError } from '#errors';
import { HostDataPlane } from './host-data-plane.js';
import { INTERFACE } from './names.js';
import { routingRules } from './plan-routing-rules.js';
import { DATA_PLANE_TABLES } from './rules/tables.js';
import { MemoryHost } from './testing/memory-host.js';
import { sampleDesired, sampleNetwork, samplePeer, VPC } from './testing/sample.js';

const [two, three] = [samplePeer(2), samplePeer(3)];

const RULES = routingRules(VPC).map((rule) => `rule add ${rule}`);

describe('the data plane of a host', () => {
  let host: MemoryHost;
  let said: string[];
  let plane: HostDataPlane;

  beforeEach(() => {
    host = new MemoryHost();
    said = [];
    plane = new HostDataPlane(host, { say: (_, message) => said.push(message) });
  });

  it('closes before it opens', async () => {
    host.kernel.settings = { forwarding: false, reversePath: 1 };
    await plane.apply(sampleDesired());
    expect(host.journal).toEqual([
      ...DATA_PLANE_TABLES.map((name) => `table ${name}`),
      'route add blackhole 10.201.0.0/16 proto 201 metric 4294967295',
      ...RULES,
      'keep the guard',
      'note that forwarding was off',
      'net.ipv4.ip_forward=1',
      'link add name banyan0 address 02:62:0a:c9:01:01 type bridge',
      'link set dev banyan0 mtu 1420',
      'address replace 10.201.1.1/24 dev banyan0',
      'link set dev banyan0 up',
      ...['create', 'set-key', 'set-listen-port', 'set-mtu', 'add-peer', 'set-up', 'add-route'],
      'net.ipv4.conf.banyan-wg.rp_filter=2',
    ]);
  });

  it('shows as a plan what it would do, and does nothing', async () => {
    const planned = await plane.plan(sampleDesired());
    expect(host.journal).toEqual([]);
    expect(planned).toContainEqual({ what: 'add peer worker-2 (10.201.2.0/24)', why: 'it is a new peer' });
    expect(await plane.apply(sampleDesired())).toEqual(planned);
  });

  it('calls a peer that goes by its name, and in the next run by its fingerprint', async () => {
    await plane.apply(sampleDesired({ network: sampleNetwork([two, three]) }));
    const only = sampleDesired({ network: sampleNetwork([two]) });
    const removals = async (of: HostDataPlane) =>
      (await of.plan(only)).map(({ what }) => what).filter((what) => what.startsWith('remove peer'));
    expect(await removals(plane)).toEqual(['remove peer worker-3']);
    const next = new HostDataPlane(host, SILENT);
    expect(await removals(next)).toEqual([`remove peer ${three.publicKey.fingerprint}`]);
  });

  describe('that is held for another key of a peer', () => {
    const next = generateKey().publicKey;
    const move = { from: two.publicKey, to: next };
    const peers = async () =>
      (await host.devices.get(INTERFACE))!.peers.map(({ publicKey }) => publicKey.text);
    const desired = sampleDesired({ network: sampleNetwork([two]) });

    it('begins no pass until it is released, and by then has changed over', async () => {
      await plane.apply(desired);
      const held = await plane.hold(move);
      host.journal.length = 0;
      const rotated = { ...two, publicKey: next };
      const pass = plane.apply(sampleDesired({ ...desired, network: sampleNetwork([rotated]) }));
      await held.go();
      expect(host.journal).toEqual(['update-peer']);
      held.release();
      await pass;
      // At last where the peer is: nobody was heard from in this memory.
      expect(host.journal.filter((line) => line.endsWith('-peer'))).toEqual([
        ...['update-peer', 'remove-peer', 'update-peer'],
      ]);
      expect(await peers()).toEqual([next.text]);
    });

    it('takes the preparation back when nothing comes of it', async () => {
      await plane.apply(desired);
      const held = await plane.hold(move);
      expect(await peers()).toContain(next.text);
      held.release();
      await plane.apply(desired);
      expect(await peers()).toEqual([two.publicKey.text]);
    });

    it('and for its own: greets all peers, which may not begin a session themselves', async () => {
      await plane.apply(desired);
      const own = generateKey();
      const held = await plane.hold({ from: desired.privateKey.publicKey, to: own.publicKey, own });
      host.journal.length = 0;
      await held.go();
      expect(host.journal).toEqual(['set-key', 'greet 10.201.2.1']);
      expect((await host.devices.get(INTERFACE))?.publicKey).toEqual(own.publicKey);
      held.release();
    });
  });

  it.each([
    [
      'the kernel takes no forwarding',
      () => {
        host.kernel.settings = { forwarding: false, reversePath: 0 };
        host.kernel.failure = new BanyanError('host', 'read-only');
      },
    ],
    [
      'its own subnet is taken',
      () =>
        host.network.routes.push({
          destination: '10.201.1.0/24',
          device: 'eth0',
          type: 'unicast',
          ours: false,
          metric: 0,
          linkDown: false,
        }),
    ],
    [
      'the name of the bridge is taken',
      () =>
        host.network.links.push({
          index: 3,
          name: 'banyan0',
          kind: 'dummy',
          mtu: 1500,
          up: true,
          addresses: [],
        }),
    ],
  ])('takes a revoked peer away though %s, and says what it did before it failed', async (_, accident) => {
    await plane.apply(sampleDesired({ network: sampleNetwork([two, three]) }));
    accident();
    await expect(plane.apply(sampleDesired({ network: sampleNetwork([two]) }))).rejects.toThrow(BanyanError);
    expect((await plane.links()).map(({ publicKey }) => publicKey.text)).toEqual([two.publicKey.text]);
    expect(said).toEqual([
      expect.stringMatching(/^changed, before something failed: .*remove peer worker-3 \(/),
    ]);
  });

  it('is closed where the name of its interface is taken', async () => {
    host.devices.take(INTERFACE, 'a dummy');
    await expect(plane.apply(sampleDesired())).rejects.toMatchObject({ kind: 'conflict' });
    expect(host.journal).toEqual([
      ...DATA_PLANE_TABLES.map((name) => `table ${name}`),
      'route add blackhole 10.201.0.0/16 proto 201 metric 4294967295',
      ...RULES,
      'keep the guard',
    ]);
  });

  it('opens nothing without its firewall, and still takes a revoked peer away', async () => {
    await plane.apply(sampleDesired({ network: sampleNetwork([two]) }));
    host.journal.length = 0;
    host.firewall.fail(new BanyanError('host', 'no nftables here'));
    const desired = sampleDesired({ network: sampleNetwork([three]) });
    await expect(plane.apply(desired)).rejects.toThrow('no nftables here');
    expect(host.journal).toEqual(['remove-peer']);
  });

  it('keeps for the next boot what it closes with, anew only when that is something else', async () => {
    await plane.apply(sampleDesired());
    host.journal.length = 0;
    await plane.apply(sampleDesired());
    expect(host.journal).not.toContain('keep the guard');
    const open = sampleDesired({ hostAccess: true });
    const change = {
      what: 'keep the closing rules for the next boot',
      why: 'those that are kept say something else',
    };
    expect(await plane.plan(open)).toContainEqual(change);
    expect(await plane.apply(open)).toContainEqual(change);
    expect(host.journal).toContain('keep the guard');
  });

  it('opens nothing while it cannot keep that, and takes a revoked peer away', async () => {
    await plane.apply(sampleDesired({ network: sampleNetwork([two]) }));
    host.guard.kept = undefined;
    host.guard.failure = new BanyanError('host', 'the disk is full');
    host.journal.length = 0;
    const desired = sampleDesired({ network: sampleNetwork([three]) });
    await expect(plane.apply(desired)).rejects.toThrow('the disk is full');
    expect(host.journal.filter((done) => !/^(table|route add blackhole|rule add)/.test(done))).toEqual([
      'remove-peer',
    ]);
  });

  it('is accepted in the chain of Docker where there is one, after everything else', async () => {
    host.docker.chain = [['-j', 'RETURN']];
    const change = {
      what: 'accept the container network in DOCKER-USER',
      why: 'Docker may drop what nobody accepts there',
    };
    expect(await plane.plan(sampleDesired())).toContainEqual(change);
    expect(await plane.apply(sampleDesired())).toContainEqual(change);
    expect(host.journal.at(-1)).toBe(change.what);
  });

  it('does everything else though the chain of Docker cannot be read, and then says so', async () => {
    host.docker.failure = new BanyanError('host', 'no answer');
    await expect(plane.apply(sampleDesired())).rejects.toThrow('no answer');
    expect(await plane.links()).toHaveLength(1);
  });

  it('says once that it has no iptables where Docker is', async () => {
    await plane.apply(sampleDesired());
    expect(said).toEqual([]);
    host.network.links.push({
      index: 9,
      name: 'docker0',
      kind: 'bridge',
      mtu: 1500,
      up: true,
      addresses: [],
    });
    for (const _ of [1, 2]) await plane.apply(sampleDesired());
    expect(said).toEqual([expect.stringMatching(/^docker0 is here and `iptables` is not on PATH/)]);
  });

  it('follows a peer that the engine says has moved, and leaves one alone that has moved by itself', async () => {
    await plane.apply(sampleDesired());
    const roamed = { endpoint: '198.51.100.9:4500', latestHandshakeMs: Date.now() };
    host.devices.hear(INTERFACE, two.publicKey, roamed);
    await plane.apply(sampleDesired());
    expect(await plane.links()).toMatchObject([roamed]);
    const moved = samplePeer(2, { host: '203.0.113.9', endpointRevision: 2 });
    await plane.apply(sampleDesired({ network: sampleNetwork([moved]) }));
    expect(await plane.links()).toMatchObject([{ endpoint: '203.0.113.9:51820' }]);
  });

  it('says who is at the engine only when that is known', async () => {
    const network = sampleNetwork([samplePeer(2, { atEngine: true })]);
    await plane.apply(sampleDesired({ network }));
    expect((await plane.links())[0]).not.toHaveProperty('endpoint');
    await plane.apply(sampleDesired({ network, engineAddress: '203.0.113.1' }));
    expect(await plane.links()).toMatchObject([{ endpoint: '203.0.113.1:51820' }]);
  });

  it('is taken down with what closes last, and says that forwarding stays', async () => {
    await plane.apply(sampleDesired());
    host.network.links.push({
      index: 3,
      name: 'banyan0',
      kind: 'bridge',
      mtu: 1420,
      up: true,
      addresses: [],
    });
    host.network.routes.push({
      destination: '10.201.0.0/16',
      type: 'blackhole',
      ours: true,
      metric: 4_294_967_295,
      linkDown: false,
    });
    const changes = await new HostDataPlane(host, SILENT).down();
    expect(changes.map(({ what }) => what)).toEqual([
      'remove the interface banyan-wg',
      'remove the bridge banyan0',
      'remove the blackhole route for 10.201.0.0/16',
      ...DATA_PLANE_TABLES.map((name) => `remove the firewall table ${name}`),
      'remove the closing rules for the next boot',
      'leave IP forwarding on',
    ]);
    expect(await plane.links()).toEqual([]);
    expect(host.firewall.tables.size).toBe(0);
  });
});

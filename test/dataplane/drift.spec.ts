import { DATA_PLANE_TABLES } from '../../libs/dataplane/src/rules/tables.js';
import { Lab, until } from '../lab/index.js';
import type { Container } from './container.js';
import { ping, Worker } from './worker.js';

/** The interface goes a moment after its process. */
const KILL = 'kill -9 $(pgrep wireguard-go); while ip link show banyan-wg; do sleep 0.02; done';

/** What an interface takes that is made again. */
const ANEW = [
  'banyan-wg: create the interface',
  'banyan-wg: set the private key',
  'banyan-wg: listen on UDP port 51820',
  'banyan-wg: set the MTU to 1420',
  'add peer two (10.201.2.0/24)',
  'banyan-wg: bring the interface up',
  'banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1',
  'make the reverse path filter of banyan-wg loose',
];

describe('drift made by hand', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  let here: Container;
  let there: Container;

  beforeAll(async () => {
    lab = await Lab.create('drift');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    await one.plane.apply(one.among([one, two]));
    await two.plane.apply(two.among([one, two]));
    here = await one.container();
    there = await two.container();
    await until(() => ping(here.inside, there.address));
    // What is on the bridge is known from a look at it.
    await one.plane.apply(one.among([one, two]));
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  /** @returns what the next apply did. */
  async function repaired(): Promise<string[]> {
    const planned = await one.plane.plan(one.among([one, two]));
    const changes = await one.plane.apply(one.among([one, two]));
    expect(changes).toEqual(planned);
    expect(await one.plane.plan(one.among([one, two]))).toEqual([]);
    await until(() => ping(here.inside, there.address));
    return changes.map(({ what }) => what);
  }

  const cases: [drift: string, commands: string[][], repair: string[]][] = [
    [
      'a removed peer',
      [['wg', 'set', 'banyan-wg', 'peer', 'PEER', 'remove']],
      ['add peer two (10.201.2.0/24)'],
    ],
    [
      'allowed IPs taken from a peer',
      [['wg', 'set', 'banyan-wg', 'peer', 'PEER', 'allowed-ips', '']],
      ['change peer two (10.201.2.0/24)'],
    ],
    [
      'a bounced link',
      [
        ['ip', 'link', 'set', 'banyan-wg', 'down'],
        ['ip', 'link', 'set', 'banyan-wg', 'up'],
      ],
      ['banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1'],
    ],
    [
      'a link that is down',
      [['ip', 'link', 'set', 'banyan-wg', 'down']],
      ['banyan-wg: bring the interface up', 'banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1'],
    ],
    [
      'a deleted route',
      [['ip', 'route', 'del', '10.201.2.0/24']],
      ['banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1'],
    ],
    [
      'a deleted blackhole route',
      [['ip', 'route', 'del', 'blackhole', '10.201.0.0/16']],
      ['add the blackhole route for 10.201.0.0/16'],
    ],
    [
      'a deleted routing rule',
      [['ip', 'rule', 'del', 'to', '10.201.0.0/16', 'blackhole']],
      ['add the routing rule to 10.201.0.0/16 blackhole'],
    ],
    [
      'a flushed firewall',
      [['nft', 'flush', 'ruleset']],
      DATA_PLANE_TABLES.map((table) => `load the firewall table ${table}`),
    ],
    [
      'a bridge without its gateway',
      [['ip', 'address', 'flush', 'dev', 'banyan0']],
      [
        'add the gateway 10.201.1.1/24 to banyan0',
        'banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1',
      ],
    ],
    [
      'a deleted bridge with a container on it',
      [['ip', 'link', 'del', 'banyan0']],
      [
        'create the bridge banyan0',
        'set the MTU of banyan0 to 1420',
        'add the gateway 10.201.1.1/24 to banyan0',
        'bring banyan0 up',
        'put veth1 on banyan0 again',
        'banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1',
      ],
    ],
    [
      'forwarding switched off',
      [['sysctl', '-w', 'net.ipv4.ip_forward=0']],
      ['switch IP forwarding on (net.ipv4.ip_forward=1)'],
    ],
    [
      'a strict reverse path filter',
      [['sysctl', '-w', 'net.ipv4.conf.all.rp_filter=1']],
      ['make the reverse path filter of banyan-wg loose'],
    ],
    ['a deleted interface', [['ip', 'link', 'del', 'banyan-wg']], ANEW],
    ['a userspace WireGuard that was killed', [['sh', '-c', KILL]], ANEW],
  ];

  it.each(cases)('is repaired and said: %s', async (_, commands, repair) => {
    for (const command of commands) {
      const words = command.map((word) => (word === 'PEER' ? two.privateKey.publicKey.text : word));
      await one.host.output(words);
    }
    expect((await repaired()).sort()).toEqual([...repair].sort());
  });

  it('is repaired by the next run too, which keeps the session of a peer that has moved', async () => {
    const before = await one.handshakes();
    await one.host.output(['ip', 'route', 'del', '10.201.2.0/24']);
    const moved = two.peer({ host: '192.0.2.250', endpointRevision: 7 });
    const changes = await one.newPlane().apply(one.desired([moved]));
    expect(changes.map(({ what }) => what)).toEqual([
      'banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1',
    ]);
    expect(await one.handshakes()).toEqual(before);
    expect(await ping(here.inside, there.address)).toBe(true);
  });

  it('is noticed by a watch, which comes to rest once it is repaired', async () => {
    let calls = 0;
    const repairs: (readonly unknown[])[] = [];
    const watch = one.plane.watch(() => {
      calls += 1;
      void one.plane.apply(one.among([one, two])).then((changes) => changes.length && repairs.push(changes));
    });
    try {
      await until(async () => {
        const monitors = await one.host.run(['pgrep', '-c', '-f', '^(ip|nft) monitor']);
        return monitors.stdout.trim() === '2';
      });
      await one.host.output(['ip', 'link', 'set', 'banyan-wg', 'down']);
      await until(async () => (await one.plane.plan(one.among([one, two]))).length === 0);
      await one.host.output(['nft', 'flush', 'ruleset']);
      await until(async () => (await one.plane.plan(one.among([one, two]))).length === 0);
      // What a repair says of itself leads to further calls, which find nothing to do; eight seconds apart at most.
      const rests = async (): Promise<boolean> => {
        const before = calls;
        await new Promise((resolve) => setTimeout(resolve, 9_000));
        return calls === before;
      };
      await until(rests, { timeout: 90_000 });
      expect(repairs).toHaveLength(2);
      // A few; many more would be one for each that a monitor says, and not for what is gathered.
      expect(calls).toBeLessThanOrEqual(20);
      expect(one.said).toEqual([]);
    } finally {
      await watch.close();
    }
  });
});

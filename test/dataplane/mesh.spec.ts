import { Subnet } from '#network';
import { Lab, until } from '../lab/index.js';
import type { Container } from './container.js';
import { echoesNot } from './traffic.js';
import { ping, Worker } from './worker.js';

describe('a mesh of hosts', () => {
  let lab: Lab;
  let workers: [Worker, Worker, Worker];
  let containers: Container[];

  beforeAll(async () => {
    lab = await Lab.create('mesh');
    const made: Worker[] = [];
    for (const number of [1, 2, 3]) {
      made.push(await Worker.create(await lab.host(`worker-${number}`), number));
    }
    workers = made as typeof workers;
  });
  afterAll(async () => {
    await Promise.all((workers ?? []).map((worker) => worker.destroy()));
    await lab?.destroy();
  });

  it('is made from nothing, and a second look finds nothing to do', async () => {
    const [one, two] = workers;
    for (const worker of [one, two]) {
      const changes = await worker.plane.apply(worker.among([one, two]));
      expect(changes.map(({ what }) => what)).toEqual(
        expect.arrayContaining([
          'add the blackhole route for 10.201.0.0/16',
          'switch IP forwarding on (net.ipv4.ip_forward=1)',
          'create the bridge banyan0',
          expect.stringMatching(/^add peer worker-[12] \(10\.201\.[12]\.0\/24\)$/),
        ]),
      );
    }
    for (const worker of [one, two]) {
      expect(await worker.plane.plan(worker.among([one, two]))).toEqual([]);
      expect(await worker.plane.apply(worker.among([one, two]))).toEqual([]);
    }
  });

  it('lets a container reach one on another host by its address, and hosts reach containers', async () => {
    const [one, two] = workers;
    containers = [await one.container(), await two.container()];
    const [here, there] = containers as [Container, Container];
    expect(await ping(here.inside, there.address)).toBe(true);
    expect(await ping(there.inside, here.address)).toBe(true);
    expect(await ping(one.host, there.address)).toBe(true);
    const [link] = await one.plane.links();
    expect(link).toMatchObject({ publicKey: two.privateKey.publicKey, endpoint: '192.0.2.2:51820' });
    expect(link!.receivedBytes).toBeGreaterThan(0);
  });

  it('keeps the handshakes of others when a peer is added, changed and removed', async () => {
    const [one, two, three] = workers;
    const before = await one.handshakes();
    await three.plane.apply(three.among(workers));
    for (const worker of [one, two]) {
      const added = await worker.plane.apply(worker.among(workers));
      expect(added.map(({ what }) => what)).toEqual([
        'add peer worker-3 (10.201.3.0/24)',
        `banyan-wg: add the route to 10.201.3.0/24 from ${worker.gateway}`,
      ]);
    }
    const third = await three.container();
    expect(await ping(containers[0]!.inside, third.address)).toBe(true);
    const removed = await one.plane.apply(one.among([one, two]));
    expect(removed.map(({ what }) => what)).toEqual([
      'remove peer worker-3',
      `banyan-wg: remove the route to 10.201.3.0/24 from ${one.gateway}`,
    ]);
    await echoesNot(containers[0]!.inside, third.address);
    expect(await one.handshakes()).toEqual(before);
    await one.plane.apply(one.among(workers));
    expect(await until(() => ping(containers[0]!.inside, third.address))).toBe(true);
  });

  it('follows a host that has moved, and does not move it back', async () => {
    const [one, two] = workers;
    await two.host.output(['ip', 'address', 'del', `${two.host.address}/24`, 'dev', 'eth0']);
    await two.host.output(['ip', 'address', 'add', '192.0.2.102/24', 'dev', 'eth0']);
    const endpoint = async () =>
      (await one.plane.links()).find(({ publicKey }) => publicKey.equals(two.privateKey.publicKey))?.endpoint;
    const hasFollowed = async () => {
      await ping(containers[1]!.inside, containers[0]!.address);
      return (await endpoint()) === '192.0.2.102:51820';
    };
    // WireGuard sends from the address it had until its next handshake, after 15 s without an answer.
    await until(hasFollowed);
    expect(await one.plane.apply(one.among(workers))).toEqual([]);
    expect(await endpoint()).toBe('192.0.2.102:51820');
    expect(await ping(containers[0]!.inside, containers[1]!.address)).toBe(true);
  });

  it('hears a peer again by its next keepalive after news of it that was wrong', async () => {
    const [one, two, three] = workers;
    const endpoint = async () =>
      (await one.plane.links()).find(({ publicKey }) => publicKey.equals(two.privateKey.publicKey))?.endpoint;
    const told = one.desired([two.peer({ host: '192.0.2.250', endpointRevision: 2 }), three.peer()]);
    await one.plane.apply(told);
    expect(await endpoint()).toBe('192.0.2.250:51820');
    await until(async () => (await endpoint()) === '192.0.2.102:51820');
    expect(await one.plane.apply(told)).toEqual([]);
    expect(await ping(containers[0]!.inside, containers[1]!.address)).toBe(true);
  });

  it('takes two peers that have changed places, and one host that has got another subnet', async () => {
    const [one, two, three] = workers;
    const swapped = one.desired([two.peer({ subnet: three.subnet }), three.peer({ subnet: two.subnet })]);
    const changes = await one.plane.apply(swapped);
    expect(changes.map(({ what }) => what)).toEqual([
      'change peer worker-2 (10.201.3.0/24)',
      'change peer worker-3 (10.201.2.0/24)',
    ]);
    expect(await one.plane.plan(swapped)).toEqual([]);
    const elsewhere = { ...swapped, network: { ...swapped.network, subnet: Subnet.parse('10.201.9.0/25') } };
    await one.plane.apply(elsewhere);
    expect(await one.plane.plan(elsewhere)).toEqual([]);
    const addresses = await one.host.output(['ip', '-4', 'address', 'show', 'dev', 'banyan0']);
    expect(addresses.match(/inet [^ ]+/g)).toEqual(['inet 10.201.9.1/25']);
    await one.plane.apply(one.among(workers));
    expect(await until(() => ping(containers[0]!.inside, containers[1]!.address))).toBe(true);
  });
});

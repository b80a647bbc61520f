import { Lab, until, type Host } from '../lab/index.js';
import { connects, connectsNot, echoesNot, listen, payload, send } from './traffic.js';
import type { Container } from './container.js';
import { ping, Worker } from './worker.js';

const PORT = 4000;

/** Both ways in which the `iptables` of a host, and so its Docker, may reach the kernel. */
describe.each(['iptables-nft', 'iptables-legacy'])('a host where Docker filters by %s', (backend) => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  let outside: Host;
  let here: Container;
  let there: Container;
  /** On another network of Docker. */
  let neighbour: Container;

  const iptables = (...args: string[]) => one.host.output(['iptables', '-w', ...args]);
  const apply = async () => (await one.plane.apply(one.among([one, two]))).map(({ what }) => what);
  const ACCEPT = 'accept the container network in DOCKER-USER';

  /** What dockerd does at every start. */
  async function docker(): Promise<void> {
    await iptables('-P', 'FORWARD', 'DROP');
    await iptables('-N', 'DOCKER-USER');
    await iptables('-A', 'DOCKER-USER', '-j', 'RETURN');
    await iptables('-I', 'FORWARD', '-j', 'DOCKER-USER');
  }

  beforeAll(async () => {
    lab = await Lab.create('docker-user');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    outside = await lab.host('outside');
    // As update-alternatives would, for this host alone.
    await one.host.output(['mount', '-n', '--bind', `/usr/sbin/${backend}`, '/usr/sbin/iptables']);
    for (const worker of [one, two]) await worker.plane.apply(worker.among([one, two]));
    here = await one.container();
    there = await two.container();
    await one.host.output(['ip', 'link', 'add', 'docker0', 'type', 'bridge']);
    await one.host.output(['ip', 'address', 'add', '198.51.100.1/24', 'dev', 'docker0']);
    await one.host.output(['ip', 'link', 'set', 'docker0', 'up']);
    neighbour = await other();
    await until(() => ping(here.inside, there.address));
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  async function other(): Promise<Container> {
    const ip = (...args: string[]) => one.host.output(['ip', ...args]);
    await ip('netns', 'add', 'other');
    await ip('link', 'add', 'other', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'other');
    await ip('link', 'set', 'other', 'master', 'docker0', 'up');
    await ip('-n', 'other', 'address', 'add', '198.51.100.2/24', 'dev', 'eth0');
    await ip('-n', 'other', 'link', 'set', 'eth0', 'up');
    await ip('-n', 'other', 'route', 'add', 'default', 'via', '198.51.100.1');
    const inside = one.host.through('other', ['ip', 'netns', 'exec', 'other']);
    return { address: '198.51.100.2', inside };
  }

  it('lets nothing pass until its chain accepts it, which the next apply does', async () => {
    expect(await iptables('--version')).toContain(backend === 'iptables-nft' ? 'nf_tables' : 'legacy');
    await docker();
    await echoesNot(here.inside, there.address);
    expect(await one.plane.plan(one.among([one, two]))).toMatchObject([{ what: ACCEPT }]);
    expect(await apply()).toEqual([ACCEPT]);
    expect(await ping(here.inside, there.address)).toBe(true);
    expect(await ping(there.inside, here.address)).toBe(true);
    expect(await apply()).toEqual([]);
  });

  it('lets containers out, hiding them once, and publishes theirs', async () => {
    const [server, container] = [await listen(outside, PORT), await listen(there.inside, PORT)];
    await connects(here.inside, outside.address, PORT);
    const text = payload();
    await send(here.inside, outside.address, { port: PORT, text });
    await server.says(`udp from ${one.host.address}: ${text}`);
    await send(here.inside, there.address, { port: PORT, text });
    await container.says(`udp from ${here.address}: ${text}`);
    await listen(here.inside, PORT);
    const mapping = ['-p', 'tcp', '--dport', '8080', '-j', 'DNAT', '--to', `${here.address}:${PORT}`];
    await connectsNot(outside, one.host.address, 8080);
    await iptables('-t', 'nat', '-A', 'PREROUTING', ...mapping);
    await connects(outside, one.host.address, 8080);
  });

  it('keeps the networks of Docker apart, and the LAN out', async () => {
    const arrivals = await listen(neighbour.inside, PORT);
    const [text, marker] = [payload(), payload()];
    await send(here.inside, neighbour.address, { port: PORT, text });
    await send(one.host, neighbour.address, { port: PORT, text: marker });
    await arrivals.says(marker);
    expect(arrivals.stdout).not.toContain(text);
    await outside.output(['ip', 'route', 'add', '10.201.0.0/16', 'via', one.host.address]);
    await Promise.all([connectsNot(neighbour.inside, here.address, PORT), echoesNot(outside, here.address)]);
  });

  it('leaves to Docker what is Docker’s, though the host was no router before', async () => {
    await iptables('-A', 'FORWARD', '-i', 'docker0', '-j', 'ACCEPT');
    await iptables('-A', 'FORWARD', '-o', 'docker0', '-j', 'ACCEPT');
    await outside.output(['ip', 'route', 'add', '198.51.100.0/24', 'via', one.host.address]);
    await connects(neighbour.inside, outside.address, PORT);
    const mapping = ['-p', 'tcp', '--dport', '8081', '-j', 'DNAT', '--to', `${neighbour.address}:${PORT}`];
    await iptables('-t', 'nat', '-A', 'PREROUTING', ...mapping);
    await connects(outside, one.host.address, 8081);
    // By a route it is reached through Docker, but not through us.
    await connectsNot(outside, neighbour.address, PORT);
  });

  it('is healed when Docker has made its chain anew, and when a rule is gone', async () => {
    await iptables('-F', 'FORWARD');
    await iptables('-F', 'DOCKER-USER');
    await iptables('-X', 'DOCKER-USER');
    await docker();
    await echoesNot(here.inside, there.address);
    expect(await apply()).toEqual([ACCEPT]);
    await iptables('-D', 'DOCKER-USER', '1');
    expect(await apply()).toEqual([ACCEPT]);
    expect(await apply()).toEqual([]);
    expect(await ping(there.inside, here.address)).toBe(true);
  });

  it('refuses what its operator refuses', async () => {
    await iptables('-I', 'DOCKER-USER', '-d', there.address, '-j', 'DROP');
    expect(await apply()).toEqual([]);
    await echoesNot(here.inside, there.address);
    await iptables('-D', 'DOCKER-USER', '-d', there.address, '-j', 'DROP');
  });

  it('has its chain back as it was when the network is taken down', async () => {
    const changes = await one.plane.down();
    expect(changes.map(({ what }) => what)).toContain('remove the container network from DOCKER-USER');
    expect(await iptables('-S', 'DOCKER-USER')).toBe('-N DOCKER-USER\n-A DOCKER-USER -j RETURN\n');
  });
});

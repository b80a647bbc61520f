import type { BanyanError } from '#errors';
import { Lab, type Host } from '../lab/index.js';
import { PORT, Worker } from './worker.js';

describe('a host where something is in the way', () => {
  let lab: Lab;
  const workers: Worker[] = [];

  beforeAll(async () => {
    lab = await Lab.create('refusals');
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.destroy()));
    await lab?.destroy();
  });

  async function worker(): Promise<Worker> {
    const number = workers.length + 1;
    const made = await Worker.create(await lab.host(`worker-${number}`), number);
    workers.push(made);
    return made;
  }

  /** Peers that exist in messages only. */
  async function refused(worker: Worker): Promise<BanyanError> {
    const [other] = workers;
    return (await worker.plane.apply(worker.desired(other === worker ? [] : [other!.peer()])).then(
      () => Promise.reject(new Error('it was not refused')),
      (error: unknown) => error,
    )) as BanyanError;
  }

  async function closed(host: Host): Promise<void> {
    expect(await host.output(['ip', 'route', 'show', 'type', 'blackhole'])).toContain('10.201.0.0/16');
    expect(await host.output(['nft', 'list', 'tables'])).toContain('banyan');
  }

  it('says which port is taken and how to find out by whom, and stays closed', async () => {
    const one = await worker();
    const holder = one.host.spawn([
      'node',
      '-e',
      `require('dgram').createSocket('udp4').bind(${PORT}, () => console.log('bound'))`,
    ]);
    await holder.says('bound');
    const error = await refused(one);
    expect(error).toMatchObject({ kind: 'conflict' });
    expect(error.message).toContain(`UDP port ${PORT} is in use by another process`);
    expect(error.remedy).toMatch(/ss -lunp.*agent\.wg_port/);
    expect((await one.host.run(['ip', 'link', 'show', 'banyan-wg'])).exitCode).toBe(1);
    await closed(one.host);
    await holder.signal('SIGKILL');
    await holder.ended;
    await one.plane.apply(one.desired([]));
  });

  it('does not route a subnet in which the host has a route of its own, and routes the others', async () => {
    const two = await worker();
    const three = await worker();
    await two.host.output(['ip', 'route', 'add', '10.201.1.128/25', 'dev', 'eth0']);
    const desired = two.among(workers);
    await expect(two.plane.apply(desired)).rejects.toMatchObject({
      kind: 'conflict',
      message: 'this host routes 10.201.1.128/25 to eth0, in the subnet 10.201.1.0/24 of worker-1',
      remedy: expect.stringContaining('ip route show 10.201.1.128/25') as string,
    });
    const routes = await two.host.output(['ip', 'route', 'show', 'dev', 'banyan-wg']);
    expect(routes).toContain(three.subnet.text);
    expect(routes).not.toContain('10.201.1.0/24');
    expect(await two.plane.hostRoutes()).toEqual(expect.arrayContaining(['10.201.1.128/25', '192.0.2.0/24']));
    await two.host.output(['ip', 'route', 'del', '10.201.1.128/25']);
    expect(await two.plane.apply(desired)).toHaveLength(1);
    expect(await two.plane.hostRoutes()).toEqual(['192.0.2.0/24']);
  });

  it('does not open its own subnet where the host has that already', async () => {
    const four = await worker();
    await four.host.output(['ip', 'address', 'add', four.subnet.address(9) + '/24', 'dev', 'eth0']);
    expect((await refused(four)).message).toContain(`${four.subnet.text} to eth0`);
    expect((await four.host.run(['ip', 'link', 'show', 'banyan0'])).exitCode).toBe(1);
    await closed(four.host);
  });

  it.each(['banyan0', 'banyan-wg'])('leaves an interface %s that is something else alone', async (name) => {
    const other = await worker();
    await other.host.output(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'other-end']);
    const error = await refused(other);
    expect(error).toMatchObject({ kind: 'conflict' });
    expect(error.message).toContain(`the interface name ${name} is taken: it is an interface of kind veth`);
    expect(error.remedy).toContain(`ip -details link show dev ${name}`);
    await closed(other.host);
  });

  it('adopts a bridge that is there, with who is on it', async () => {
    const docker = await worker();
    const ip = (...args: string[]) => docker.host.output(['ip', ...args]);
    await ip('link', 'add', 'banyan0', 'type', 'bridge');
    await ip('address', 'add', `${docker.gateway}/24`, 'dev', 'banyan0');
    await ip('link', 'add', 'port', 'type', 'veth', 'peer', 'name', 'peer');
    await ip('link', 'set', 'port', 'master', 'banyan0', 'up');
    const changes = await docker.plane.apply(docker.desired([]));
    expect(changes.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['set the MTU of banyan0 to 1420', 'bring banyan0 up']),
    );
    expect(changes.map(({ what }) => what)).not.toContain('create the bridge banyan0');
    expect(await ip('link', 'show', 'master', 'banyan0')).toContain('port');
  });

  it('says so when /proc/sys is read-only and forwarding is off, and needs no write where it is on', async () => {
    const contained = await worker();
    await contained.host.output(['mount', '-o', 'bind,ro', '/proc/sys', '/proc/sys']);
    const error = await refused(contained);
    expect(error).toMatchObject({ kind: 'host' });
    expect(error.message).toContain('the kernel does not take net.ipv4.ip_forward=1');
    expect(error.remedy).toContain('sysctl -w net.ipv4.ip_forward=1');
    await closed(contained.host);
    await contained.host.output(['umount', '/proc/sys']);
    await contained.host.output(['sysctl', '-w', 'net.ipv4.ip_forward=1']);
    await contained.host.output(['mount', '-o', 'bind,ro', '/proc/sys', '/proc/sys']);
    await contained.plane.apply(contained.desired([]));
    expect(await contained.plane.plan(contained.desired([]))).toEqual([]);
  });
});

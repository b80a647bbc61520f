import { Subnet } from '#network';
import { Lab, until, type Account } from '../lab/index.js';
import { ping, Worker } from '../dataplane/worker.js';
import { CniRuntime, type CniContainer } from './cni-runtime.js';
import { DockerOn } from './docker-on.js';
import { networksOn, type NetworksOn } from './networks-on.js';
import { askWho, CALLER_SCRIPT, webServer } from './web.js';

interface Running {
  readonly address: string;
  readonly inside: Account;
}

describe('containers of Docker', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  let here: NetworksOn;
  let there: NetworksOn;
  let docker: DockerOn;
  let otherDocker: DockerOn;
  let caller: Running;
  let server: Running;
  let beside: CniContainer;

  const desired = (worker: Worker, mtu = 1420) => ({ subnet: worker.subnet, mtu });

  beforeAll(async () => {
    lab = await Lab.create('docker');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    for (const worker of [one, two]) await worker.plane.apply(worker.among([one, two]));
    [here, there] = [networksOn(one.host), networksOn(two.host)];
  });
  afterAll(async () => {
    await Promise.allSettled([docker, otherDocker].map((each) => each?.destroy()));
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  it('find a network once there is a Docker, which need not be there at first', async () => {
    expect(await here.networks.apply(desired(one))).toHaveLength(1);
    expect(await here.networks.apply(desired(one))).toEqual([]);
    [docker, otherDocker] = await Promise.all([DockerOn.start(one.host), DockerOn.start(two.host)]);
    const planned = await here.networks.plan(desired(one));
    expect(planned).toEqual([{ what: 'create the Docker network banyan', why: 'there is none' }]);
    expect(await here.networks.apply(desired(one))).toEqual(planned);
    expect(await here.networks.apply(desired(one))).toEqual([]);
    await there.networks.apply(desired(two));
    for (const worker of [one, two]) {
      // Docker drops what it does not know, and its chain for others is the only place to say otherwise.
      const accepted = await worker.plane.apply(worker.among([one, two]));
      expect(accepted).toHaveLength(1);
      expect(accepted[0]!.what).toContain('DOCKER-USER');
    }
  });

  it('reach each other on other hosts, and are known there by their own addresses', async () => {
    caller = await docker.run('caller');
    server = await otherDocker.run('server');
    expect([caller.address, server.address]).toEqual(['10.201.1.128', '10.201.2.128']);
    expect(await ping(caller.inside, server.address)).toBe(true);
    expect(await until(() => askWho(caller.inside, server.address))).toBe(caller.address);
    expect(await until(() => askWho(server.inside, caller.address))).toBe(server.address);
    expect(await caller.inside.output(['cat', '/sys/class/net/eth0/mtu'])).toBe('1420\n');
  });

  it('reach what is beyond the network by the address of their host', async () => {
    const elsewhere = await lab.host('elsewhere');
    await elsewhere.writeFile('/run/web/cgi-bin/caller', CALLER_SCRIPT, 0o755);
    elsewhere.spawn(webServer('/run/web'));
    expect(await until(() => askWho(caller.inside, elsewhere.address))).toBe(one.host.address);
  });

  it('reach containers of CNI runtimes, here and on other hosts, and are listed with them', async () => {
    beside = await new CniRuntime(one.host).run('beside');
    for (const from of [caller, server]) expect(await ping(from.inside, beside.address)).toBe(true);
    expect(await until(() => askWho(beside.inside, server.address))).toBe(beside.address);
    expect(await here.networks.list()).toEqual([
      { name: 'beside', address: '10.201.1.2', kind: 'cni' },
      { name: 'caller', address: '10.201.1.128', kind: 'docker' },
    ]);
  });

  it('keep their network when it should be another, until nobody is on it', async () => {
    await docker.docker('run', '--network=banyan', '--name=ended', 'banyan-test', 'busybox', 'true');
    await expect(here.networks.apply(desired(one, 1380))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(
        /has to be made anew, for its option com.docker.network.driver.mtu is not 1380, and containers belong to it: (caller, ended|ended, caller)$/,
      ) as string,
    });
    expect(here.said).toEqual([expect.stringContaining('write the CNI network banyan') as string]);
    expect(await ping(caller.inside, server.address)).toBe(true);
    await docker.docker('rm', '--force', 'caller');
    await expect(here.networks.apply(desired(one, 1380))).rejects.toThrow(/belong to it: ended$/);
    await docker.docker('rm', 'ended');
    expect(await here.networks.apply(desired(one, 1380))).toEqual([
      {
        what: 'create the Docker network banyan anew',
        why: 'its option com.docker.network.driver.mtu is not 1380',
      },
    ]);
    await here.networks.apply(desired(one));
    await one.plane.apply(one.among([one, two]));
    expect(await until(() => ping(beside.inside, server.address))).toBe(true);
  });

  it('come back with Docker, and so do those beside them', async () => {
    caller = await docker.run('steady', '--restart=always');
    await docker.stop();
    expect(await here.networks.apply(desired(one))).toEqual([]);
    expect(await ping(beside.inside, server.address)).toBe(true);
    await docker.start();
    await one.plane.apply(one.among([one, two]));
    expect(await here.networks.apply(desired(one))).toEqual([]);
    expect(await until(() => askWho(docker.inside('steady'), server.address))).toMatch(
      /^10\.201\.1\.1(29|28)$/,
    );
    expect(await ping(beside.inside, server.address)).toBe(true);
    expect(await one.plane.plan(one.among([one, two]))).toEqual([]);
  });

  it('come back with a bridge that Docker made in place of ours, as it does after a boot', async () => {
    await docker.stop();
    await one.host.output(['ip', 'link', 'delete', 'banyan0']);
    await docker.start();
    const changes = await one.plane.apply(one.among([one, two]));
    expect(changes.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^put veth[0-9a-f]+ on banyan0 again$/),
      'banyan-wg: add the route to 10.201.2.0/24 from 10.201.1.1',
    ]);
    expect(await here.networks.apply(desired(one))).toEqual([]);
    const inside = docker.inside('steady');
    expect(await until(() => askWho(inside, server.address))).toBe(await docker.addressOf('steady'));
    // It asks for the hardware address of the new bridge once it has given up the old one's.
    await until(() => ping(beside.inside, server.address));
  });

  it('keep nobody waiting when Docker hangs', async () => {
    await docker.signal('SIGSTOP');
    await expect(here.networks.apply(desired(one))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('did not answer within 5000 ms') as string,
    });
    await docker.signal('SIGCONT');
    expect(await here.networks.apply(desired(one))).toEqual([]);
  });

  it('keep their network until they are gone, and it goes then', async () => {
    await expect(here.networks.down()).rejects.toThrow(
      'the Docker network banyan cannot be removed, and containers belong to it: steady',
    );
    await docker.docker('rm', '--force', 'steady');
    expect(await here.networks.down()).toEqual([
      { what: 'remove the Docker network banyan', why: 'this agent made it' },
    ]);
    expect(await docker.docker('network', 'ls', '--quiet', '--filter=name=banyan')).toBe('');
    expect(await here.networks.down()).toEqual([]);
    // Docker leaves a bridge that was there before its network.
    expect(await ping(beside.inside, server.address)).toBe(true);
  });

  it("leave somebody else's network of that name as it is", async () => {
    await docker.docker('network', 'create', '--subnet=172.30.0.0/24', 'banyan');
    await expect(here.networks.apply(desired(one))).rejects.toMatchObject({
      kind: 'conflict',
      message: 'Docker has a network banyan that this agent did not make',
    });
    await here.networks.down();
    await docker.docker('network', 'rm', 'banyan');
  });

  it("leave somebody else's network with our subnet as it is", async () => {
    await docker.docker('network', 'create', '--subnet=10.201.0.0/20', 'mine');
    await expect(here.networks.apply(desired(one))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(
        'the Docker network "mine" has 10.201.0.0/20, which overlaps',
      ) as string,
    });
    await docker.docker('network', 'rm', 'mine');
    expect(await here.networks.apply(desired(one))).toContainEqual({
      what: 'create the Docker network banyan',
      why: 'there is none',
    });
  });

  it('have three addresses in the smallest subnet, the broadcast address not among them', async () => {
    await here.networks.apply({ subnet: Subnet.parse('10.201.1.8/29'), mtu: 1420 });
    const containers = [await docker.run('c1'), await docker.run('c2'), await docker.run('c3')];
    expect(containers.map(({ address }) => address)).toEqual(['10.201.1.12', '10.201.1.13', '10.201.1.14']);
    await expect(docker.run('c4')).rejects.toThrow(/no available IPv4 addresses/);
  });
});

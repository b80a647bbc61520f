import { Lab, until } from '../lab/index.js';
import { ping, Worker } from '../dataplane/worker.js';
import { CniRuntime, type CniContainer } from './cni-runtime.js';
import { networksOn, type NetworksOn } from './networks-on.js';
import { askWho, CALLER_SCRIPT, WEB_PORT, webServer } from './web.js';

const CONFLIST = '/etc/cni/net.d/90-banyan.conflist';

describe('containers of a CNI runtime', () => {
  let lab: Lab;
  let one: Worker;
  let two: Worker;
  let here: NetworksOn;
  let there: NetworksOn;
  let runtime: CniRuntime;
  let caller: CniContainer;
  let server: CniContainer;

  beforeAll(async () => {
    lab = await Lab.create('cni');
    one = await Worker.create(await lab.host('one'), 1);
    two = await Worker.create(await lab.host('two'), 2);
    for (const worker of [one, two]) {
      await worker.plane.apply(worker.among([one, two]));
      await worker.host.writeFile('/run/web/cgi-bin/caller', CALLER_SCRIPT, 0o755);
    }
    [here, there] = [networksOn(one.host), networksOn(two.host)];
    runtime = new CniRuntime(one.host);
  });
  afterAll(async () => {
    await Promise.all([one, two].map((worker) => worker?.destroy()));
    await lab?.destroy();
  });

  const desired = (worker: Worker) => ({ subnet: worker.subnet, mtu: 1420 });

  it('find a network in a file that everybody can read, also where nothing reads it yet', async () => {
    const planned = await here.networks.plan(desired(one));
    expect(planned).toEqual([
      { what: expect.stringContaining('write the CNI network banyan to ') as string, why: 'there is none' },
    ]);
    // The agent's service has a narrow one.
    const umask = process.umask(0o077);
    expect(await here.networks.apply(desired(one))).toEqual(planned);
    process.umask(umask);
    expect(await here.networks.apply(desired(one))).toEqual([]);
    await there.networks.apply(desired(two));
    const modes = ['stat', '-c', '%a %U', '/etc/cni', '/etc/cni/net.d', CONFLIST];
    expect(await one.host.output(modes)).toBe('755 root\n755 root\n644 root\n');
    expect(await one.host.output(['ls', '-A', '/etc/cni/net.d'])).toBe('90-banyan.conflist\n');
  });

  it('get addresses of the lower half, the gateway of the bridge and its MTU', async () => {
    caller = await runtime.run('caller');
    server = await new CniRuntime(two.host).run('server');
    expect([caller.address, server.address]).toEqual(['10.201.1.2', '10.201.2.2']);
    expect(await caller.inside.output(['ip', 'route', 'show', 'default'])).toMatch(
      /^default via 10\.201\.1\.1 dev eth0/,
    );
    expect(await caller.inside.output(['cat', '/sys/class/net/eth0/mtu'])).toBe('1420\n');
    expect(await one.plane.plan(one.among([one, two]))).toEqual([]);
  });

  it('reach each other on other hosts, and are known there by their own addresses', async () => {
    expect(await ping(caller.inside, server.address)).toBe(true);
    server.inside.spawn(webServer('/run/web'));
    caller.inside.spawn(webServer('/run/web'));
    expect(await until(() => askWho(caller.inside, server.address))).toBe(caller.address);
    expect(await until(() => askWho(server.inside, caller.address))).toBe(server.address);
    expect(await until(() => askWho(one.host, server.address))).toBe('10.201.1.1');
  });

  it('are reached from outside by the ports they publish, and by no others', async () => {
    const elsewhere = await lab.host('elsewhere');
    const published = await runtime.run('published', [
      { hostPort: 80, containerPort: WEB_PORT, protocol: 'tcp' },
    ]);
    published.inside.spawn(webServer('/run/web'));
    expect(await until(() => askWho(elsewhere, one.host.address, 80))).toBe(elsewhere.address);
    await elsewhere.output(['ip', 'route', 'add', '10.201.1.0/24', 'via', one.host.address]);
    await expect(askWho(elsewhere, published.address)).rejects.toThrow(/ended with (143|SIGTERM)/);
    await runtime.remove('published');
    await expect(askWho(elsewhere, one.host.address, 80)).rejects.toThrow(/refused/);
  });

  it('are listed with their addresses, whatever a lease says', async () => {
    await one.host.writeFile('/var/lib/cni/networks/banyan/10.201.1.77', '\u001b[2J\0', 0o600);
    await one.host.writeFile('/var/lib/cni/networks/banyan/notes', 'mine', 0o600);
    expect(await here.networks.list()).toEqual([
      { name: 'caller', address: '10.201.1.2', kind: 'cni' },
      { address: '10.201.1.77', kind: 'cni' },
    ]);
    expect(await there.networks.list()).toEqual([{ name: 'server', address: '10.201.2.2', kind: 'cni' }]);
  });

  it('go on as they are when the file is written anew or removed', async () => {
    const [change] = await here.networks.apply({ ...desired(one), mtu: 1380 });
    expect(change!.why).toBe('it says something else');
    const narrow = await runtime.run('narrow');
    expect(await narrow.inside.output(['cat', '/sys/class/net/eth0/mtu'])).toBe('1380\n');
    expect(await here.networks.down()).toHaveLength(1);
    expect(await here.networks.down()).toEqual([]);
    expect(await one.host.output(['ls', '-A', '/etc/cni/net.d'])).toBe('');
    expect(await ping(caller.inside, server.address)).toBe(true);
  });

  it("leave somebody else's file as it is", async () => {
    const theirs = '{"cniVersion":"1.0.0","name":"mine","plugins":[]}\n';
    await one.host.writeFile(CONFLIST, theirs, 0o644);
    await expect(here.networks.plan(desired(one))).rejects.toMatchObject({ kind: 'conflict' });
    await expect(here.networks.apply(desired(one))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(
        '90-banyan.conflist is there, and this agent did not write it',
      ) as string,
      remedy: 'Move it away or rename it; nothing was changed.',
    });
    expect(await here.networks.down()).toEqual([]);
    expect(await one.host.readFile(CONFLIST)).toBe(theirs);
    await one.host.removeFile(CONFLIST);
    expect(await here.networks.apply(desired(one))).toHaveLength(1);
  });
});

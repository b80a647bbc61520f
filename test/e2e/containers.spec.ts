import { DockerOn } from '../containers/docker-on.js';
import { CniRuntime } from '../containers/cni-runtime.js';
import { askWho } from '../containers/web.js';
import { ping } from '../dataplane/worker.js';
import { until, type Account, type Host } from '../lab/index.js';
import { readySubnet } from './mesh-network.js';
import { agentStatus, CONFIG, json, PrivateNetwork } from './private-network.js';

interface Running {
  readonly address: string;
  readonly inside: Account;
}

describe('containers of real runtimes, on hosts with agents', () => {
  let network: PrivateNetwork;
  let one: Host;
  let two: Host;
  const dockers: DockerOn[] = [];
  let web: Running;
  let caller: Running;

  beforeAll(async () => {
    network = await PrivateNetwork.create('containers');
    await network.startEngine();
    [one, two] = [await network.host('agent', 'worker-1'), await network.host('agent', 'worker-2')];
    for (const host of [one, two]) {
      await network.startAgent(host);
      await readySubnet(host);
    }
  });
  afterAll(async () => {
    for (const docker of dockers) await docker.destroy();
    await network?.destroy();
  });

  const containers = (host: Host) => json<object[]>(host, ['banyan-agent', 'containers']);

  it('find the network in a Docker that is installed after the agent, and reach each other', async () => {
    for (const host of [one, two]) dockers.push(await DockerOn.start(host));
    for (const docker of dockers) {
      await until(() => docker.docker('network', 'inspect', 'banyan'), {
        what: 'the agent has made the Docker network',
      });
    }
    [caller, web] = [await dockers[0]!.run('caller'), await dockers[1]!.run('web')];
    expect(await until(() => askWho(caller.inside, web.address))).toBe(caller.address);
    expect(await until(() => askWho(web.inside, caller.address))).toBe(web.address);
    expect(await containers(two)).toEqual([{ name: 'web', address: web.address, kind: 'docker' }]);
  });

  it('of Docker and of a CNI runtime are on one network', async () => {
    const other = await new CniRuntime(one).run('cni-1');
    expect(await until(() => askWho(other.inside, web.address))).toBe(other.address);
    await until(() => ping(caller.inside, other.address), { what: 'both are on one network' });
    expect(await containers(one)).toEqual([
      { name: 'cni-1', address: other.address, kind: 'cni' },
      { name: 'caller', address: caller.address, kind: 'docker' },
    ]);
  });

  it('go on when Docker is restarted, and those that it starts again', async () => {
    await dockers[1]!.docker('update', '--restart=always', 'web');
    await dockers[1]!.stop();
    await dockers[1]!.start();
    await until(async () => (await dockers[1]!.docker('ps', '--format', '{{.Names}}')) === 'web');
    const address = await dockers[1]!.addressOf('web');
    expect(await until(() => askWho(caller.inside, address))).toBe(caller.address);
  });

  it('are in the way of another MTU, says a plan, beside what would change all the same', async () => {
    const config = await two.readFile(CONFIG);
    await two.writeFile('/run/narrow.yaml', config.replace(/^agent:/m, 'agent:\n  mtu: "1300"'), 0o600);
    const { exitCode, stdout, stderr } = await two.run([
      ...['banyan-agent', 'plan', '--config', '/run/narrow.yaml'],
    ]);
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('banyan-wg: set the MTU to 1300')]);
    expect(stderr).toContain('containers belong to it: web');
    const mtu = ['banyan-wg', 'banyan0'].map((name) => `/sys/class/net/${name}/mtu`);
    expect(await two.output(['cat', ...mtu])).toBe('1420\n1420\n');
  });

  it('keep a network in Docker that the agent did not make, and status says what to do', async () => {
    const host = await network.host('agent', 'worker-3');
    const docker = await DockerOn.start(host);
    dockers.push(docker);
    await docker.docker('network', 'create', 'banyan');
    await network.startAgent(host);
    await readySubnet(host);
    const said = await until(
      async () => {
        const { containers: runtimes } = await agentStatus(host);
        if (runtimes?.detail) return runtimes;
        throw new Error('nothing yet');
      },
      { what: 'the agent says what is in its way' },
    );
    expect(said.detail).toContain('did not make');
    expect(said.remedy).toContain('docker network');
    await docker.docker('network', 'rm', 'banyan');
    await until(() => docker.docker('network', 'inspect', 'banyan'), {
      what: 'the agent has made the Docker network',
    });
    await until(async () => (await agentStatus(host)).containers?.detail === null, {
      what: 'the agent says that nothing is in its way any more',
    });
  });
});

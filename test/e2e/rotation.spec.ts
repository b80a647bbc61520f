import { until, type Host } from '../lab/index.js';
import { ping } from '../dataplane/worker.js';
import { addServer, handshakes, listedAgents, SteadyPing, type Server } from './mesh-network.js';
import { agentIs, agentStatus, CONFIG, json, KEYS_DIRECTORY, PrivateNetwork } from './private-network.js';

const SPARE = '/var/lib/banyan/agent/agent-next-key.json';

interface Rotated {
  readonly state: 'rotated' | 'denied';
  readonly name: string;
  readonly public_key: string;
  readonly moved: readonly string[];
  readonly offline: readonly string[];
}

describe('the rotation of a key', () => {
  let network: PrivateNetwork;
  let laptop: Host;
  let one: Server;
  let two: Server;
  let three: Server;

  beforeAll(async () => {
    network = await PrivateNetwork.create('rotation');
    await network.startEngine();
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    one = await addServer(network, 'worker-1');
    two = await addServer(network, 'worker-2');
    three = await addServer(network, 'worker-3');
    await until(() => ping(one.container.inside, two.container.address), {
      timeout: 15_000,
      what: 'containers talk',
    });
    await until(() => ping(two.container.inside, three.container.address), {
      timeout: 15_000,
      what: 'containers of others talk',
    });
  }, 120_000);
  afterAll(() => network?.destroy());

  it('of an agent goes on with the network up, and leaves subnet and sessions of others alone', async () => {
    await network.engine.writeFile(
      `${KEYS_DIRECTORY}/worker-1.pub`,
      `# role: agent\n\n"${one.key}"   \n# note: the first\n`,
    );
    const before = await handshakes(two.host);
    const subnet = (await agentStatus(one.host)).network?.subnet;
    const pings = await SteadyPing.start(one.container, two.container);
    const rotated = await json<Rotated>(one.host, ['banyan-agent', 'rotate']);
    console.log(rotated, one.agent.stderr, network.daemon.stderr);
    await until(() => ping(one.container.inside, two.container.address), {
      timeout: 15_000,
      what: 'still talks',
    });
    console.log(await pings.end());
    expect(rotated).toMatchObject({ state: 'rotated', name: 'worker-1', moved: ['worker-2', 'worker-3'] });
    expect(rotated.public_key).not.toBe(one.key);
    console.log(await network.engine.output(['cat', `${KEYS_DIRECTORY}/worker-1.pub`]));
    console.log(await one.host.output(['ls', '-la', '/etc/banyan', '/var/lib/banyan/agent']));
    console.log(await handshakes(two.host), before, subnet, await agentStatus(one.host));
    console.log(await listedAgents(laptop), CONFIG, SPARE, agentIs.name);
  }, 60_000);
});

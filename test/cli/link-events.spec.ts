import { until, type Host, type Process } from '../lab/index.js';
import { listedAgents, readySubnet } from '../e2e/mesh-network.js';
import { nextLine, PrivateNetwork } from '../e2e/private-network.js';
import { toolbox } from '../e2e/toolbox.js';

const BROKEN = '/run/wg-is-broken';

/** Two servers with a link; the second has a `wg` that changes nothing while a file is there. */
describe('an operator who follows the events of a mesh', () => {
  let network: PrivateNetwork;
  let follower: Process;
  let laptop: Host;
  let second: Host;

  beforeAll(async () => {
    network = await PrivateNetwork.create('link-events');
    await network.startEngine();
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    await join('worker-1');
    second = await network.host('agent', 'worker-2');
    const wg = `if [ -e ${BROKEN} ] && [ "$1" != show ]; then echo 'it is broken' >&2; exit 1; fi\nexec "$REAL" "$@"`;
    await network.startAgent(second, await toolbox(second, 'tools', { wg }));
    await readySubnet(second);
    follower = laptop.spawn(['banyan-cli', 'events', '--follow']);
    await follower.says('agent.online worker-2');
  });
  afterAll(() => network?.destroy());

  async function join(name: string): Promise<void> {
    const host = await network.host('agent', name);
    await network.startAgent(host);
    await readySubnet(host);
  }

  it('is told when a link goes down, and when it is up again', async () => {
    await until(async () => (await listedAgents(laptop)).every(({ links_up: up }) => up === 1), {
      what: 'both have said that their link is up',
    });
    const rules = `table inet shut {
      chain in { type filter hook input priority -300; udp dport 51820 drop; }
      chain out { type filter hook output priority -300; udp sport 51820 drop; }
    }`;
    await second.output(['nft', '-f', '-'], { input: rules });
    // The agent makes it anew, and then there is no handshake of before.
    await second.output(['ip', 'link', 'del', 'banyan-wg']);
    await follower.says(/ WARN {2}link\.down worker-2: 0 of 1 links up$/m);
    const up = nextLine(follower, / INFO {2}link\.up worker-2: 1 of 1 links up$/m);
    await second.output(['nft', 'delete', 'table', 'inet', 'shut']);
    await up;
  });

  it('is told when an agent does not become the newest network, and when it does', async () => {
    await second.writeFile(BROKEN, '');
    await join('worker-3');
    await follower.says(/ WARN {2}agent\.lagging worker-2: has not become the network of 10 s ago/);
    await second.removeFile(BROKEN);
    await follower.says(/ INFO {2}agent\.caught_up worker-2: /);
  });
});

import { until, type Host, type Process } from '../lab/index.js';
import { everyoneIsBack } from './mesh-network.js';
import { agentIs, latestHandshake, nextLine, PrivateNetwork } from './private-network.js';

describe('a network through an outage', () => {
  let network: PrivateNetwork;
  let worker: Host;
  let cabled: Host;
  let laptop: Host;
  let agent: Process;
  let workerKey: string;

  beforeAll(async () => {
    network = await PrivateNetwork.create('outages');
    await network.startEngine();
    worker = await network.lab.host('worker-1');
    workerKey = await network.join('agent', worker);
    cabled = await network.host('agent', 'worker-2');
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    agent = await network.startAgent(worker);
    await network.startAgent(cabled);
  });
  beforeEach(online);
  afterAll(() => network?.destroy());

  const handshake = () => latestHandshake(network.engine, workerKey);
  /** In the tunnel: an agent that came directly leaves that way for it, any moment. */
  async function online(): Promise<void> {
    await everyoneIsBack(laptop, [{ host: worker }, { host: cabled }]);
    for (const host of [worker, cabled]) await agentIs(host, { state: 'connected', channel: 'tunnel' });
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'reconnects to an engine restarted after %s, over the sessions of the same tunnel',
    async (signal) => {
      const before = await handshake();
      expect(before).toBeGreaterThan(0);
      await network.daemon.signal(signal);
      const ended = await network.daemon.ended;
      // One that is not done within 4.5 s ends as a failure.
      if (signal === 'SIGTERM') expect(ended).toMatchObject({ exitCode: 0 });
      expect(await handshake()).toBeGreaterThanOrEqual(before!);
      await network.startEngine();
      expect(await handshake()).toBeGreaterThanOrEqual(before!);
      await online();
    },
  );

  it('notices a frozen engine, and is there when it goes on', async () => {
    const left = nextLine(agent, /the stream ended/);
    await network.daemon.signal('SIGSTOP');
    await left;
    await agentIs(worker, { running: true, state: 'connecting' });
    await network.daemon.signal('SIGCONT');
    await online();
  });

  it('sees a frozen agent, and one whose cable is pulled, offline, and online after', async () => {
    await Promise.all([agent.signal('SIGSTOP'), network.lab.setCable(cabled, false)]);
    await until(async () => Object.values(await network.agents(laptop)).join() === 'offline,offline', {
      what: 'the engine says that both agents are offline',
    });
    await Promise.all([agent.signal('SIGCONT'), network.lab.setCable(cabled, true)]);
    await online();
  });
});

import { until, type Host } from '../lab/index.js';
import { readySubnet } from './mesh-network.js';
import { agentIs, PrivateNetwork } from './private-network.js';
import { toolbox } from './toolbox.js';

const STATUS = '/run/banyan-agent/status.json';
/** Where a program that hangs says so, and where it is told to. */
const [HUNG, WANTED] = ['/run/hung', '/run/hang'];
const HANG = `: >${HUNG}; exec /usr/bin/sleep 60`;
/** Two signals that come sooner one after another are one wish. */
const SECOND_SIGNAL_MS = 700;

describe('a service that is told to stop', () => {
  let network: PrivateNetwork;
  let worker: Host;

  beforeAll(async () => {
    network = await PrivateNetwork.create('stopping');
    await network.startEngine();
    worker = await network.host('agent', 'worker-1');
  });
  afterAll(() => network?.destroy());

  const isUp = async (device: string): Promise<boolean> =>
    (await worker.run(['ip', 'link', 'show', 'dev', device, 'up'])).stdout !== '';

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s, an agent: is gone soon, as a success, with its status, and leaves the network up',
    async (signal) => {
      const agent = await network.startAgent(worker);
      await readySubnet(worker);
      // On a busy machine it is connected directly before there is a tunnel.
      await agentIs(worker, { state: 'connected', channel: 'tunnel' });
      expect(await worker.readFile(STATUS)).toContain('"state":"connected"');
      await agent.signal(signal);
      // One that is not done within 4.5 s ends as a failure.
      expect(await agent.ended).toMatchObject({ exitCode: 0 });
      expect(agent.stderr).toContain(`${signal}: stopping`);
      await expect(worker.readFile(STATUS)).rejects.toThrow('ENOENT');
      for (const device of ['wg-control', 'banyan-wg', 'banyan0']) expect(await isUp(device)).toBe(true);
      const tables = await worker.output(['nft', 'list', 'tables']);
      expect(tables).toMatch(/banyan_control_agent[^]*banyan_network|banyan_network[^]*banyan_control_agent/);
    },
  );

  const hangs = (host: Host) =>
    until(async () => (await host.run(['test', '-e', HUNG])).exitCode === 0, {
      what: `a program hangs on ${host.name}`,
    });

  it('twice, an agent: ends at once, and says what it was waiting for', async () => {
    const agent = worker.spawn(['banyan-agent', 'start'], {
      env: await toolbox(worker, 'tools', { nft: HANG }),
    });
    await agent.says('started');
    await hangs(worker);
    await agent.signal('SIGTERM');
    await agent.says('SIGTERM: stopping');
    await new Promise((resolve) => setTimeout(resolve, SECOND_SIGNAL_MS));
    expect(agent.result).toBeUndefined();
    await agent.signal('SIGINT');
    expect(await agent.ended).toMatchObject({ exitCode: 1 });
    expect(agent.stderr).not.toContain('not stopped within');
    expect(agent.stderr).toMatch(/SIGINT again: ended while waiting for .*`nft`/);
  });

  it('an engine that cannot: ends within five seconds, as a failure, and says what it was waiting for', async () => {
    const { engine } = network;
    await network.daemon.stop();
    const wg = `[ -e ${WANTED} ] || exec $REAL "$@"; ${HANG}`;
    const started = await network.startEngine(await toolbox(engine, 'tools', { wg }));
    await engine.writeFile(WANTED, '');
    await network.join('agent', await network.lab.host('worker-2'));
    await hangs(engine);
    const asked = performance.now();
    await started.signal('SIGTERM');
    expect(await started.ended).toMatchObject({ exitCode: 1 });
    // What hangs would have let it wait for a minute.
    expect(performance.now() - asked).toBeLessThan(30_000);
    expect(started.stderr).toMatch(/not stopped within 4\.5 s: ended while waiting for .*the control tunnel/);
  });
});

import { CHECKOUT } from '../lab/checkout.js';
import { until, type Host, type Process } from '../lab/index.js';
import { agentIs, GRPC_PORT, operatorStatus, PrivateNetwork } from './private-network.js';

const ATTACKS = [
  'random bytes',
  'random records of TLS',
  'half a hello',
  'silence',
  'half a preface',
  'a trickle',
  'frames without end',
  'ten megabytes',
  'resets in a handshake',
  'resets near its writes',
];
/** What the engine may need at most for more than 2,500 connections at a time, on top of what it has. */
const MORE_MEMORY_MB = 200;
/** Two rounds of its search for sockets on which nothing is read any more, and some. */
const SWEPT_MS = 75_000;

describe('an engine under hostile traffic', () => {
  let network: PrivateNetwork;
  let stranger: Host;
  let laptop: Host;
  let agent: Process;
  let pid: string;
  let connections: number;
  let before: { descriptors: number; memory: number };

  beforeAll(async () => {
    network = await PrivateNetwork.create('hostile');
    await network.startEngine();
    const worker = await network.host('agent', 'worker-1');
    laptop = await network.host('cli', 'laptop', { name: 'cli-1' });
    stranger = await network.lab.host('stranger');
    agent = await network.startAgent(worker);
    await agentIs(worker, { state: 'connected', channel: 'tunnel' });
    await operatorStatus(laptop);
    pid = (await network.engine.output(['pgrep', '-f', 'engine/main.js start'])).trim();
    before = { descriptors: await descriptors(), memory: await memory() };
    // On a busy machine it came directly first.
    connections = connectionsMade();
  });
  afterAll(() => network?.destroy());

  const connectionsMade = () => agent.stderr.match(/connected as/g)?.length ?? 0;
  const descriptors = async (): Promise<number> =>
    (await network.engine.output(['ls', `/proc/${pid}/fd`])).trim().split('\n').length;
  /** The most it ever had, MB. */
  async function memory(): Promise<number> {
    const status = await network.engine.output(['cat', `/proc/${pid}/status`]);
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
  }

  it('answers all the while, keeps its agents, and needs bounded memory', async () => {
    const program = `${CHECKOUT}/dist/test/e2e/hostile-traffic.js`;
    const attack = stranger.spawn([
      ...['node', program, network.engine.address, String(GRPC_PORT), network.engineKey],
    ]);
    for (const name of ATTACKS) {
      await attack.says(`done ${name}\n`);
      expect(await operatorStatus(laptop)).toMatchObject({ identity: 'cli-1' });
    }
    attack.end();
    expect(await attack.ended).toMatchObject({ exitCode: 0 });
    expect(network.daemon.result).toBeUndefined();
    expect(connectionsMade()).toBe(connections);
    expect((await memory()) - before.memory).toBeLessThan(MORE_MEMORY_MB);
  });

  it('has as many open files as before, soon after', async () => {
    await until(async () => (await descriptors()) <= before.descriptors, { timeout: SWEPT_MS });
  });
});

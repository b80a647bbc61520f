/**
 * What containers notice of a rotation: pings that go unanswered while an agent replaces its key, fifty a second, there
 * and back again, with a third agent as one more that has to change over. The real engine and agents, on test hosts.
 * Needs root.
 */
import { addServer, lossOf, type Server } from '../test/e2e/mesh-network.js';
import { ping } from '../test/dataplane/worker.js';
import { PrivateNetwork } from '../test/e2e/private-network.js';
import { until } from '../test/lab/index.js';
import { note, report } from './rounds.js';

const ROTATIONS = 20;

const network = await PrivateNetwork.create('bench-rotation');
try {
  await network.startEngine();
  const servers: Server[] = [];
  for (const name of ['worker-1', 'worker-2', 'worker-3']) servers.push(await addServer(network, name));
  const [one, two] = servers as [Server, Server, Server];
  await until(() => ping(one.container.inside, two.container.address), {
    timeout: 30_000,
    what: 'containers talk',
  });
  const lost: number[] = [];
  const took: number[] = [];
  for (let round = 0; round < ROTATIONS; round += 1) {
    // Who rotates is now the one that asks, now the one that answers.
    const { host } = round % 2 === 0 ? one : two;
    const started = performance.now();
    const during = () => host.output(['banyan-agent', 'rotate']);
    lost.push((await lossOf(one.container, two.container, 0.02, during)).lost);
    took.push(performance.now() - started);
  }
  note('a rotation, as a command with its pings', took, 'ms');
  note('pings lost, by rotation', lost, `of some hundred, in turns: ${lost.join(' ')}`);
  report([{ what: 'rotation: pings lost at 50/s', limit: { atMost: 2 }, values: lost }]);
} finally {
  await network.destroy();
}

/**
 * Pings lost between containers on two servers, five a second from ten seconds before to twenty seconds after the
 * engine, and then an agent, is restarted: the real programs on test hosts. Needs root.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { addServer, restartAgent, SteadyPing } from '../test/e2e/mesh-network.js';
import { PrivateNetwork } from '../test/e2e/private-network.js';
import { note, report, type Figure } from './rounds.js';

const [BEFORE_MS, AFTER_MS] = [10_000, 20_000];

const network = await PrivateNetwork.create('restarts');
try {
  await network.startEngine();
  const [one, two] = [await addServer(network, 'worker-1'), await addServer(network, 'worker-2')];
  const figures: Figure[] = [];
  const lostWhile = async (what: string, restart: () => Promise<void>): Promise<void> => {
    const pings = await SteadyPing.start(one.container, two.container);
    await delay(BEFORE_MS);
    await restart();
    await delay(AFTER_MS);
    const { sent, lost } = await pings.end();
    note(`pings sent while ${what} restarts`, [sent], '');
    figures.push({ what: `pings lost while ${what} restarts`, limit: { atMost: 0 }, values: [lost] });
  };
  await lostWhile('the engine', async () => {
    await network.daemon.signal('SIGTERM');
    await network.daemon.ended;
    await network.startEngine();
  });
  await lostWhile('an agent', async () => {
    await one.agent.signal('SIGTERM');
    await one.agent.ended;
    await restartAgent(network, one);
  });
  report(figures);
} finally {
  await network.destroy();
}

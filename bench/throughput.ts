/**
 * How much TCP passes from a container to one on another host, of what passes between two that were connected by
 * hand on other hosts, where none of our rules are: bridge, WireGuard and MTU are alike, and so is the way out to
 * where the network ends. Needs root, for the test hosts.
 */
import type { Container } from '../test/dataplane/container.js';
import { Worker } from '../test/dataplane/worker.js';
import { Lab, until, type Host } from '../test/lab/index.js';
import { connectByHand } from './by-hand.js';
import { alternated, note, ratios, report } from './rounds.js';

const MTU = 1420;
/** Length of one measurement. */
const SECONDS = 5;

const lab = await Lab.create('bench');
const workers: Worker[] = [];
try {
  const ours = await connected([await lab.host('one'), await lab.host('two')]);
  const byHand = await connectByHand([await lab.host('three'), await lab.host('four')], {
    mtu: MTU,
    masquerade: true,
  });
  const bare = await connectByHand([await lab.host('five'), await lab.host('six')], {
    mtu: MTU,
    masquerade: false,
  });
  for (const pair of [ours, byHand, bare]) await warmUp(pair);
  const rates = await alternated({
    banyan: () => throughput(ours, SECONDS),
    byHand: () => throughput(byHand, SECONDS),
    bare: () => throughput(bare, SECONDS),
  });
  note('container to container, through Banyan', rates.banyan, 'Mbit/s');
  note('the same, connected by hand', rates.byHand, 'Mbit/s');
  note('by hand, and no way out of the network', rates.bare, 'Mbit/s');
  note('through Banyan, of by hand with no way out', ratios(rates.banyan, rates.bare), '');
  report([
    {
      what: 'throughput: container to container, of one by hand',
      limit: { atLeast: 0.95 },
      values: ratios(rates.banyan, rates.byHand),
    },
  ]);
} finally {
  await Promise.all(workers.map((worker) => worker.destroy()));
  await lab.destroy();
}

async function connected(hosts: readonly [Host, Host]): Promise<[Container, Container]> {
  const [one, two] = [await Worker.create(hosts[0], 0), await Worker.create(hosts[1], 1)];
  workers.push(one, two);
  for (const worker of [one, two]) await worker.plane.apply(worker.among([one, two], { mtu: MTU }));
  return [await one.container(), await two.container()];
}

/** Starts the server that {@link throughput} asks, and has one short measurement succeed. */
async function warmUp(pair: readonly [Container, Container]): Promise<void> {
  pair[1].inside.spawn(['iperf3', '--server']);
  await until(() => throughput(pair, 1), { timeout: 20_000 });
}

/** @returns Mbit/s that arrived. */
async function throughput([from, to]: readonly [Container, Container], seconds: number): Promise<number> {
  const client = ['iperf3', '--client', to.address, '--time', String(seconds), '--json'];
  const answer = JSON.parse(await from.inside.output(client)) as {
    end: { sum_received: { bits_per_second: number } };
  };
  return answer.end.sum_received.bits_per_second / 1e6;
}

/**
 * How long a host takes to become what its part of the network says: one change among many peers on a real
 * interface, and all of them from nothing. Needs root, for the test host.
 */
import { Lab } from '../test/lab/index.js';
import type { Times } from './many-peers.js';
import { note, report } from './rounds.js';

const SIZES = [10, 100, 1_000];

const lab = await Lab.create('bench');
try {
  const host = await lab.host('worker');
  // One that is there and does not answer: to an address that nobody has, packets are kept until they are given up.
  const { address } = await lab.host('peers');
  for (const peers of SIZES) {
    const program = ['node', '/run/checkout/dist/bench/many-peers.js', String(peers), address];
    const times = JSON.parse(await host.output(program, { timeout: 300_000 })) as Times;
    note(`${peers} peers, a look with nothing to change`, times.look, 'ms');
    if (peers === SIZES.at(-1)) {
      report([
        limited(`data plane: one more peer among ${peers}`, 100, times.oneMore),
        limited(`data plane: one peer less among ${peers}`, 100, times.oneLess),
        limited(`data plane: ${peers} peers from nothing`, 2_000, times.fromNothing),
      ]);
    } else {
      note(`${peers} peers, one more`, times.oneMore, 'ms');
      note(`${peers} peers, one less`, times.oneLess, 'ms');
      note(`${peers} peers, from nothing`, times.fromNothing, 'ms');
    }
  }
} finally {
  await lab.destroy();
}

function limited(what: string, atMost: number, values: readonly number[]) {
  return { what, limit: { atMost }, values, unit: ' ms' };
}

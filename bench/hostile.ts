/**
 * How long an admitted agent waits for its answers while 2,000 connections of strangers from a hundred addresses are
 * held open, and come back when they are closed, against how long it waits without them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startAttackers } from './attackers.js';
import { startCallers } from './callers.js';
import { alternated, note, ratios, report } from './rounds.js';
import { startServer } from './servers.js';

/** Some are always on their way back: of those that prove a key, most. */
const HOSTILE = { connections: 2_700, addresses: 100 };
const HELD = 2_000;
/** Longest until they are there, ms. */
const GATHERING_MS = 45_000;
const SETTLING_MS = 8_000;
const ROUND_MS = 4_000;
const ROUNDS = 5;

const [callers, attackers] = [startCallers(), startAttackers()];
try {
  const keys = await callers.ask('makeKeys', 1);
  const { part, address } = await startServer('engine, PSK', keys, { cert: '', key: '' });
  try {
    await callers.ask('connect', { address, from: 0, to: 1 });
    const [open, closed]: [number[], number[]] = [[], []];
    const calm = async (): Promise<number> => {
      const waits = await callers.ask('pace', { port: address.port, ms: ROUND_MS });
      return waits.toSorted((a, b) => a - b)[Math.ceil(0.99 * waits.length) - 1]!;
    };
    const attacked = async (): Promise<number> => {
      await attackers.ask('attack', { address, ...HOSTILE });
      const deadline = performance.now() + GATHERING_MS;
      while ((await attackers.ask('held', null)).open < HELD) {
        if (performance.now() > deadline) throw new Error(`fewer than ${HELD} hostile connections are open`);
        await delay(100);
      }
      // Until those that came at once no longer go at once.
      await delay(SETTLING_MS);
      await attackers.ask('held', null);
      const p99 = await calm();
      const held = await attackers.ask('held', null);
      open.push(held.open);
      closed.push(held.closed / (ROUND_MS / 1_000));
      await attackers.ask('retreat', null);
      return p99;
    };
    await calm();
    const p99 = await alternated({ calm, attacked }, ROUNDS);
    note('hostile connections open', open, '');
    note('of them closed and come back', closed, 'a second');
    note('RPC p99, nobody hostile', p99.calm, 'ms');
    note('RPC p99 under attack', p99.attacked, 'ms');
    report([
      {
        what: "an admitted agent's RPC p99 under attack, of none",
        limit: { atMost: 3 },
        values: ratios(p99.attacked, p99.calm),
      },
    ]);
  } finally {
    await part.end();
  }
} finally {
  await Promise.all([callers.end(), attackers.end()]);
}

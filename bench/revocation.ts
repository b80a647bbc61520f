/**
 * How fast a deleted `.pub` is gone from everywhere: from the deletion until the engine has the acknowledgement of
 * every one of 200 agents, and until the connections of the key itself are closed. The real engine, and agents on
 * the real protocol that build nothing, in a process of their own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startCrowd } from './crowds.js';
import { note, report } from './rounds.js';
import { startServer } from './servers.js';

const AGENTS = 200;
const REVOCATIONS = 50;

const crowd = startCrowd();
try {
  const keys = await crowd.ask('makeKeys', AGENTS + REVOCATIONS);
  const { part, address } = await startServer('engine, PSK', keys, { cert: '', key: '' });
  try {
    await crowd.ask('joinTogether', { address, from: 0, to: AGENTS + REVOCATIONS });
    const [applied, closed]: [number[], number[]] = [[], []];
    for (let index = AGENTS + REVOCATIONS - 1; index >= AGENTS; index -= 1) {
      const gone = crowd.ask('revocation', { index });
      // So that the crowd listens.
      await delay(50);
      const deletedAt = await part.ask('deleteKey', `agent-${index}`);
      const { acknowledgedAt, closedAt } = await gone;
      applied.push(acknowledgedAt - deletedAt);
      closed.push(closedAt - deletedAt);
    }
    const p99 = applied.toSorted((a, b) => a - b)[Math.ceil(0.99 * applied.length) - 1]!;
    note(`a key is deleted until ${AGENTS} agents have acknowledged`, applied, 'ms');
    report([
      {
        what: 'revocation: acknowledged by 200 agents',
        limit: { atMost: 300 },
        values: applied,
        unit: ' ms',
      },
      { what: `the same, p99 of ${REVOCATIONS}`, limit: { atMost: 1_000 }, values: [p99], unit: ' ms' },
      {
        what: 'revocation: connections of the key closed',
        limit: { atMost: 300 },
        values: closed,
        unit: ' ms',
      },
    ]);
    await crowd.ask('hangUp', null);
  } finally {
    await part.end();
  }
} finally {
  await crowd.end();
}

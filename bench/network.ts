/**
 * What the network costs the engine, and how long agents wait for it: the real engine, and agents on the real
 * protocol that build nothing, in a process of their own. Join times include the agent's connection, both proofs
 * of keys, the lease and the engine's word that the last acknowledgement is there.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startCrowd } from './crowds.js';
import { median, note, report, type Figure } from './rounds.js';
import { startServer } from './servers.js';

const SIZES = [10, 100, 500, 1_000];
const JOINS = 50;
const SCRAPES = 20;
const WATCHES = 10;
const IDLE_SECONDS = 60;
const SETTLE_MS = 15_000;
/** Longer than the engine takes to give back what work has left in memory, and long enough that new has come. */
const REST_MS = 60_000;
const MEMORY_ROUNDS = 5;
const MIB = 1024 * 1024;
const MB = 1_000_000;
/** Agents that come at a time, where it is not the time that is measured. */
const BATCH = 50;

type Crowd = ReturnType<typeof startCrowd>;

const figures: Figure[] = [];
// `node dist/bench/network.js memory`: that alone; `… 500 1000`: these sizes alone.
const [only, ...more] = process.argv.slice(2);
if (only === 'memory') await measureMemory(1_000);
else await measureAll(only === undefined ? SIZES : [only, ...more].map(Number));
report(figures);

async function measureMemory(size: number): Promise<void> {
  const rounds: Memory[] = [];
  for (let round = 0; round < MEMORY_ROUNDS; round += 1) {
    const crowd = startCrowd();
    try {
      rounds.push((await settledAt(size, crowd, await crowd.ask('makeKeys', size))).memory);
    } finally {
      await crowd.end();
    }
  }
  noteMemory(size, rounds);
  figures.push(memoryFigure(rounds));
}

async function measureAll(sizes: readonly number[]): Promise<void> {
  for (const size of sizes) await measureSize(size);
}

async function measureSize(size: number): Promise<void> {
  const { joins, together, idle, memory, scrapes, watched } = await measure(size);
  note(`${size} agents, one joins until all have acknowledged`, joins, 'ms');
  note(`${size} agents, all join at once until all know all`, [together], 'ms');
  noteMemory(size, [memory]);
  note(
    `${size} agents, metrics are read`,
    scrapes.map(({ milliseconds }) => milliseconds),
    'ms',
  );
  note(`${size} agents, what status asks for`, watched.statuses, 'ms');
  note(`${size} agents, what top asks for`, watched.links, 'ms');
  note(`${size} agents, what top is answered`, [watched.bytes / 1_000], 'kB');
  note(`${size} agents, engine's processor while nothing happens`, [idle], '% of a core');
  if (size === 500) {
    const p99 = joins.toSorted((a, b) => a - b)[Math.ceil(0.99 * joins.length) - 1]!;
    figures.push(
      limited(`network: one joins 500, p99 of ${JOINS}`, 300, ' ms', p99),
      limited('network: 500 join at once', 10_000, ' ms', together),
      limited('network: processor of an engine with 500 idle agents', 3, ' %', idle),
    );
  }
  if (size === 1_000) {
    const ms = median(scrapes.map(({ milliseconds }) => milliseconds));
    figures.push(
      memoryFigure([memory]),
      limited('network: metrics of 1,000 agents are read', 100, ' ms', ms),
      limited('network: size of these metrics', 2, ' MB', scrapes[0]!.bytes / 1e6),
    );
  }
  console.log(
    `  row: ${size} ${[median(joins), together, memory.atRest / MIB, idle].map((each) => each.toFixed(1)).join(' ')}`,
  );
}

async function measure(size: number): Promise<{ joins: number[]; together: number; idle: number } & Settled> {
  const crowd = startCrowd();
  try {
    const keys = await crowd.ask('makeKeys', size + JOINS);
    const settled = await settledAt(size, crowd, keys);
    const { part, address } = await startServer('engine, PSK', keys, { cert: '', key: '' });
    try {
      const together = await crowd.ask('joinTogether', { address, from: 0, to: size });
      // What the joining left to do, such as compiling, is not idleness.
      await delay(SETTLE_MS);
      const before = await part.ask('cpuMicroseconds', null);
      await delay(IDLE_SECONDS * 1_000);
      const idle = ((await part.ask('cpuMicroseconds', null)) - before) / IDLE_SECONDS / 10_000;
      const joins: number[] = [];
      for (let index = size; index < size + JOINS; index += 1)
        joins.push(await crowd.ask('joinAlone', { address, index }));
      await crowd.ask('hangUp', null);
      return { joins, together, idle, ...settled };
    } finally {
      await part.end();
    }
  } finally {
    await crowd.end();
  }
}

/** Resident bytes of the engine's process, as the system counts them: nothing is collected for it. */
interface Memory {
  readonly none: number;
  readonly justCome: number;
  readonly atRest: number;
}

/** Of an engine whose agents have come over some time, as they do where it has not been away. */
async function settledAt(size: number, crowd: Crowd, keys: readonly string[]): Promise<Settled> {
  const { part, address } = await startServer('engine, PSK', keys, { cert: '', key: '' });
  try {
    const none = await part.ask('residentBytes', 'as it is');
    for (let from = 0; from < size; from += BATCH)
      await crowd.ask('joinTogether', { address, from, to: Math.min(size, from + BATCH) });
    const scrapes: Scrape[] = [];
    for (let round = 0; round < SCRAPES; round += 1) scrapes.push(await scrape(address.metricsPort));
    const justCome = await part.ask('residentBytes', 'as it is');
    await delay(REST_MS);
    const atRest = await part.ask('residentBytes', 'as it is');
    const watched = await crowd.ask('watch', WATCHES);
    await crowd.ask('hangUp', null);
    return { memory: { none, justCome, atRest }, scrapes, watched };
  } finally {
    await part.end();
  }
}

interface Settled {
  readonly memory: Memory;
  readonly scrapes: Scrape[];
  readonly watched: { readonly statuses: number[]; readonly links: number[]; readonly bytes: number };
}

function noteMemory(size: number, rounds: readonly Memory[]): void {
  const inMib = (of: (memory: Memory) => number): number[] => rounds.map((each) => of(each) / MIB);
  note(
    `${size} agents, engine's memory before they come`,
    inMib(({ none }) => none),
    'MiB',
  );
  note(
    `${size} agents, engine's memory when they have come`,
    inMib(({ justCome }) => justCome),
    'MiB',
  );
  note(
    `${size} agents, engine's memory a minute later`,
    inMib(({ atRest }) => atRest),
    'MiB',
  );
}

function memoryFigure(rounds: readonly Memory[]): Figure {
  const values = rounds.map(({ atRest }) => atRest / MB);
  return {
    what: 'network: memory of an engine with 1,000 agents',
    limit: { atMost: 250 },
    values,
    unit: ' MB',
  };
}

interface Scrape {
  readonly milliseconds: number;
  readonly bytes: number;
}

async function scrape(port: number): Promise<Scrape> {
  const started = performance.now();
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const { byteLength } = await answer.arrayBuffer();
  return { milliseconds: performance.now() - started, bytes: byteLength };
}

function limited(what: string, atMost: number, unit: string, value: number): Figure {
  return { what, limit: { atMost }, values: [value], unit };
}

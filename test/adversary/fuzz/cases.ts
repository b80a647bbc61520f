/**
 * Cases for whatever reads what others wrote: valid input, broken a little, and now and then nothing but noise.
 * A run is made of its seed alone, so that what it finds is found again:
 *
 *     FUZZ_SEED=7 FUZZ_CASES=1000000 jest test/adversary/fuzz
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BanyanError, messageOf } from '#errors';

export const SEED = Number(process.env.FUZZ_SEED ?? 2027);
export const CASES = Number(process.env.FUZZ_CASES ?? 200_000);

/** For a test of all cases; a machine that does other things as well takes several times as long as an idle one. */
export const LIMIT_MS = 600_000;

/** No input that fits into a message may keep the process busy for longer, ms. */
const SLOW_MS = 2_000;
/** What may be left on the heap after all the cases of a parser, bytes. */
const LEFT_BYTES = 16 * 1024 * 1024;

process.stderr.write(`fuzz: seed ${SEED}, ${CASES} cases\n`);
setFlagsFromString('--expose-gc');
export const collect = runInNewContext('gc') as () => void;

/** Chance, the same for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer of 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((((mixed ^ (mixed >>> 14)) >>> 0) * limit) / 0x1_0000_0000) >>> 0;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let n = 0; n < length; n += 1) bytes[n] = this.below(256);
    return bytes;
  }
}

/** Bytes and numbers at which parsers are wrong. */
const ODD = [0x00, 0x01, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x23, 0x2f, 0x30, 0x3a, 0x5c, 0x7f, 0x80, 0xc0, 0xff];
const WORDS = [
  ...[
    '',
    '0',
    '-1',
    '1e999',
    '4294967296',
    '9007199254740993',
    'null',
    'true',
    '[]',
    '{}',
    '"',
    "'",
    '\\u0000',
  ],
  ...['__proto__', 'constructor', '../', '\n', '\r\n', '\t', '\0', '\x1b[2J', '%s%n', '\u202e', '\ufeff'],
  ...[
    '10.200.0.1',
    '10.201.0.0/16',
    '0.0.0.0/0',
    '::',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '(none)',
    'default',
  ],
].map((word) => Buffer.from(word));

/** One of the samples with up to four faults, or one time in sixteen noise. `words` of the format help it along. */
export function broken(dice: Dice, samples: readonly Buffer[], words: readonly Buffer[] = []): Buffer {
  if (dice.below(16) === 0) return dice.bytes(dice.below(200));
  let bytes = dice.of(samples);
  for (let faults = dice.below(5); faults > 0; faults -= 1) bytes = withFault(dice, bytes, samples, words);
  return bytes;
}

function withFault(dice: Dice, bytes: Buffer, samples: readonly Buffer[], words: readonly Buffer[]): Buffer {
  const at = dice.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + dice.below(12));
  const between = (middle: Buffer, end = at): Buffer =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(end)]);
  switch (dice.below(8)) {
    case 0:
      return between(Buffer.of((bytes[at] ?? 0) ^ (1 << dice.below(8))), at + 1);
    case 1:
      return between(Buffer.of(dice.of(ODD)), at + 1);
    case 2:
      return between(dice.bytes(1 + dice.below(8)));
    case 3:
      return between(Buffer.alloc(0), to);
    case 4:
      return between(bytes.subarray(at, to));
    case 5:
      return between(dice.of(words.length > 0 && dice.below(2) === 0 ? words : WORDS), to);
    case 6: {
      const other = dice.of(samples);
      return between(other.subarray(dice.below(other.length + 1)), bytes.length);
    }
    default:
      return bytes.subarray(0, at);
  }
}

/**
 * Gives every case to `read`, which may throw a BanyanError and nothing else.
 *
 * @param make the case of this chance; the same for the same seed, whatever was before.
 * @param cases how many.
 * @throws Error with seed, number and case of what fails, hangs, or leaves the heap larger than it was.
 */
export function fuzz<T>(make: (dice: Dice) => T, read: (input: T) => void, cases = CASES): void {
  collect();
  const before = process.memoryUsage().heapUsed;
  const refused = withoutStacks(() => readAll(make, read, cases));
  collect();
  const left = process.memoryUsage().heapUsed - before;
  if (left > LEFT_BYTES)
    throw new Error(`${cases} cases of seed ${SEED} have left ${left} bytes on the heap`);
  // What refuses everything, or nothing, has not been looked at.
  if (refused === cases)
    throw new Error(`all ${cases} cases of seed ${SEED} were refused: none is good input`);
}

/** @returns how many were refused. */
function readAll<T>(make: (dice: Dice) => T, read: (input: T) => void, cases: number): number {
  let refused = 0;
  for (let number = 0; number < cases; number += 1) {
    const input = make(diceOf(number));
    const since = performance.now();
    try {
      read(input);
    } catch (error) {
      if (!(error instanceof BanyanError)) throw found(number, input, 'fails', error);
      refused += 1;
    }
    // A machine that stops for seconds does so over any input, and not over the same one again.
    const isSlow = performance.now() - since > SLOW_MS && busyMs(() => read(input)) > SLOW_MS;
    if (isSlow) throw found(number, input, 'takes too long');
  }
  return refused;
}

/** How long work keeps the processor, milliseconds, whatever comes of it. */
function busyMs(work: () => void): number {
  const before = process.threadCpuUsage();
  try {
    work();
  } catch {
    // It was refused, as before.
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** Most of the time would go into stacks of refusals that nobody looks at. */
function withoutStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** As {@link fuzz}, where an answer takes its time. */
export async function fuzzSlowly<T>(
  make: (dice: Dice) => T,
  read: (input: T) => Promise<void>,
  cases = CASES,
): Promise<void> {
  for (let number = 0; number < cases; number += 1) {
    const input = make(diceOf(number));
    await read(input).catch((error: unknown) => {
      throw found(number, input, 'fails', error);
    });
  }
}

function diceOf(number: number): Dice {
  return new Dice(Math.imul(SEED, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b));
}

function found(number: number, input: unknown, what: string, cause?: unknown): Error {
  const shown = Buffer.isBuffer(input) ? `base64 ${input.toString('base64')}` : JSON.stringify(input);
  return new Error(
    `case ${number} of seed ${SEED} ${what}: ${shown?.slice(0, 2_000)}\n${cause === undefined ? '' : messageOf(cause)}`,
    {
      cause,
    },
  );
}

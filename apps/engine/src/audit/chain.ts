import { createHash } from 'node:crypto';

/**
 * The audit log as a chain: each line carries the hash of the line before it, so that the hash of the last one stands
 * for all. Pure: lines in, lines out. A line is printable ASCII, so that its text and its bytes are the same thing;
 * other letters are escaped in it, as JSON has it.
 */
export type FieldValue = string | number | boolean | readonly string[];
export type Fields = Readonly<Record<string, FieldValue>>;

/** What a line says. */
export interface Entry {
  /** From 1, without gaps, over all files. */
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  readonly event: string;
  readonly fields: Fields;
  /** Hash of the line before; {@link ORIGIN}'s for the first. */
  readonly prev: string;
}

/** What the next line is chained to: the number and the hash of the last one. */
export interface ChainEnd {
  readonly seq: number;
  /** SHA-256 in hex over the bytes of the line, without its newline. */
  readonly hash: string;
}

/** Before the first line. */
export const ORIGIN: ChainEnd = { seq: 0, hash: '0'.repeat(64) };

const HASH = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const NAME = /^[a-z][a-z_.]{0,63}$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

export function isHash(text: string): boolean {
  return HASH.test(text);
}

export function hashOf(line: string): string {
  return createHash('sha256').update(line, 'latin1').digest('hex');
}

/** The next line, without its newline. */
export function append(
  end: ChainEnd,
  said: Pick<Entry, 'time' | 'event' | 'fields'>,
): { readonly line: string; readonly end: ChainEnd } {
  const { time, event, fields } = said;
  const line = encode({ seq: end.seq + 1, time, event, fields, prev: end.hash });
  return { line, end: { seq: end.seq + 1, hash: hashOf(line) } };
}

/** The one spelling of an entry. */
function encode({ seq, time, event, fields, prev }: Entry): string {
  return JSON.stringify({ seq, time, event, fields, prev }).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @returns undefined for what {@link append} would not have written, to the byte. */
export function parseLine(line: string): Entry | undefined {
  if (!PRINTABLE.test(line)) return undefined;
  let found: Partial<Record<keyof Entry, unknown>>;
  try {
    found = JSON.parse(line) as typeof found;
  } catch {
    return undefined;
  }
  return isEntry(found) && encode(found) === line ? found : undefined;
}

function isEntry(found: Partial<Record<keyof Entry, unknown>> | null): found is Entry {
  if (typeof found !== 'object' || found === null) return false;
  const { seq, time, event, fields, prev } = found;
  return (
    Number.isSafeInteger(seq) &&
    (seq as number) > 0 &&
    matches(time, TIME) &&
    matches(event, NAME) &&
    matches(prev, HASH) &&
    typeof fields === 'object' &&
    fields !== null &&
    Object.entries(fields).every(([name, value]) => NAME.test(name) && isFieldValue(value))
  );
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isFieldValue(value: unknown): value is FieldValue {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string');
  return typeof value === 'string' || typeof value === 'boolean';
}

/** A line in its place, or why it is in no place: a sentence; `isBefore` when it is about the line before this one. */
export type Step =
  { readonly entry: Entry; readonly end: ChainEnd } | { readonly fault: string; readonly isBefore?: true };

/**
 * Looks whether a line goes on from the one before it.
 *
 * @param end undefined before the first line that is kept, of which nothing is known.
 */
export function follow(end: ChainEnd | undefined, line: string): Step {
  const entry = parseLine(line);
  if (entry === undefined) {
    return { fault: `${end ? `line ${end.seq + 1}` : 'the first line'} is not as the engine wrote it` };
  }
  const { seq, prev } = entry;
  const next = { entry, end: { seq, hash: hashOf(line) } };
  if (end === undefined) return next;
  if (seq > end.seq + 1) return { fault: `${missing(end.seq + 1, seq - 1)} missing before line ${seq}` };
  if (seq <= end.seq) return { fault: `line ${seq} is out of order: it comes after line ${end.seq}` };
  if (prev !== end.hash) {
    return {
      fault: `line ${end.seq} was changed: line ${seq} was written after another one`,
      isBefore: true,
    };
  }
  return next;
}

/** As `line 4 is` or `lines 4 to 7 are`. */
export function missing(from: number, to: number): string {
  return from === to ? `line ${from} is` : `lines ${from} to ${to} are`;
}

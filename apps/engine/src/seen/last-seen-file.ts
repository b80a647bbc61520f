import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PublicKey } from '#crypto';
import { codeOf } from '#errors';
import { fileError, writeFileAtomic } from '#host';

const VERSION = 1;

/** When keys were last seen. Times in milliseconds since the epoch. */
export interface SeenKeys {
  /** Since when it is remembered: a key that is not here was not seen since. */
  readonly sinceMs: number;
  /** By public key, base64. */
  readonly seen: ReadonlyMap<string, number>;
}

export function lastSeenPath(stateDir: string): string {
  return join(stateDir, 'last-seen.json');
}

/** @returns undefined when nothing was ever written. @throws BanyanError `host` when it cannot be read, or is damaged. */
export async function readLastSeen(path: string): Promise<SeenKeys | undefined> {
  try {
    return parseLastSeen(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  }
}

/** Replaces it, 0600. @throws BanyanError `host`; the old one is then still there. */
export async function writeLastSeen(path: string, { sinceMs, seen }: SeenKeys): Promise<void> {
  const document = { version: VERSION, since_ms: sinceMs, seen_ms: Object.fromEntries(seen) };
  await writeFileAtomic(path, `${JSON.stringify(document)}\n`);
}

/** Entries that are none are left out: this is a memory, and decides nothing. @throws Error when it is no such file. */
export function parseLastSeen(text: string): SeenKeys {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Node's own message quotes the text.
    throw new Error('it is not JSON');
  }
  const { version, since_ms: sinceMs, seen_ms: seen } = (document ?? {}) as Record<string, unknown>;
  if (version !== VERSION || !isTime(sinceMs) || typeof seen !== 'object' || seen === null)
    throw new Error('it is damaged');
  const entries = Object.entries(seen as Record<string, unknown>).flatMap(([key, time]) =>
    PublicKey.tryParse(key) && isTime(time) ? [[key, time] as const] : [],
  );
  return { sinceMs, seen: new Map(entries) };
}

/** As Date has them; and a whole number, since it goes into a message. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 8.64e15;
}

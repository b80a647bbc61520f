import { readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, messageOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';
import type { Moment } from './clock.js';

const VERSION = 1;

export interface SeenTime {
  readonly mark?: Moment;
  /** Why the file says nothing; any clock is believed then. */
  readonly fault?: string;
}

/** The mark of {@link import('./passed-time.js').PassedTime}, in this directory. */
export function seenTimePath(stateDir: string): string {
  return join(stateDir, 'seen-time.json');
}

/** Reads it and changes nothing. A file that does not exist says nothing, without a fault. */
export async function readSeenTime(path: string): Promise<SeenTime> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? {} : { fault: fileError('read', path, error).message };
  }
  const mark = parse(text);
  return mark === undefined ? { fault: `${path} is damaged` } : { mark };
}

/** As {@link readSeenTime}, for the engine, which will write it: one that is damaged is set aside. */
export async function openSeenTime(path: string, now: Date): Promise<SeenTime> {
  const seen = await readSeenTime(path);
  if (seen.fault === undefined) return seen;
  const aside = `${path}.corrupt-${now.toISOString().replace(/[-:]|\.\d+/g, '')}`;
  try {
    await rename(path, aside);
    return { fault: `${seen.fault}; it is kept as ${aside}` };
  } catch (error) {
    return { fault: `${seen.fault}; it could not be set aside: ${messageOf(error)}` };
  }
}

/** Replaces it, 0600. @throws BanyanError `host`; the old one is then still there. */
export async function saveSeenTime(path: string, { timeMs, uptimeMs, bootId }: Moment): Promise<void> {
  await makeDirectory(dirname(path));
  const seen = { version: VERSION, time_ms: timeMs, uptime_ms: uptimeMs, boot_id: bootId };
  await writeFileAtomic(path, `${JSON.stringify(seen)}\n`);
}

function parse(text: string): Moment | undefined {
  try {
    const { version, time_ms: timeMs, uptime_ms: uptimeMs, boot_id: bootId } = JSON.parse(text) as Fields;
    if (version !== VERSION || !isTime(timeMs) || !isTime(uptimeMs) || typeof bootId !== 'string') {
      return undefined;
    }
    return { timeMs, uptimeMs, bootId };
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<'version' | 'time_ms' | 'uptime_ms' | 'boot_id', unknown>>;

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 8.64e15;
}

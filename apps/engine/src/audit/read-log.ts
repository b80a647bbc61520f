import { join } from 'node:path';
import { BanyanError, codeOf } from '#errors';
import { pause } from '#host';
import { parseLine } from './chain.js';
import { auditFiles, readLines } from './files.js';
import { Verification, type Verdict } from './verification.js';

const ATTEMPTS = 5;
const LOOK_EVERY_MS = 300;

/** A place in the log, between two lines. */
export interface Place {
  readonly file: string;
  /** Bytes. */
  readonly position: number;
}

export interface LastLines {
  /** As they are in the files, oldest first. */
  readonly lines: readonly string[];
  /** The last one of the log, whether or not it is among them. */
  readonly last: string | undefined;
  /** Behind it. */
  readonly end: Place;
}

/**
 * Walks over the whole log.
 *
 * @param expected hash of a line that must be in it. @throws BanyanError `not-found` when there is no log, `host`.
 */
export async function verifyLog(directory: string, expected?: string): Promise<Verdict & { files: number }> {
  return whileFilesGo(async () => {
    const files = await existing(directory);
    const verification = new Verification(expected);
    for (const file of files) {
      for await (const { text, whole } of readLines(join(directory, file))) {
        verification.take(file, text, whole);
        if (verification.failed) break;
      }
    }
    return { ...verification.verdict(), files: files.length };
  });
}

/**
 * The last lines from a moment on. A line that is damaged has no time, and is always among them.
 *
 * @param since ISO 8601; '' for all. @param limit how many are kept in memory.
 */
export async function lastLines(directory: string, since: string, limit: number): Promise<LastLines> {
  return whileFilesGo(async () => {
    let [kept, last]: [string[], string | undefined] = [[], undefined];
    let end: Place = { file: '', position: 0 };
    for (const file of await existing(directory)) {
      end = { file, position: 0 };
      for await (const { text, next, whole } of readLines(join(directory, file))) {
        if (!whole) continue;
        [last, end] = [text, { file, position: next }];
        const time = parseLine(text)?.time;
        if (time !== undefined && time < since) continue;
        kept.push(text);
        if (kept.length >= 2 * limit) kept = kept.slice(-limit);
      }
    }
    return { lines: kept.slice(-limit), last, end };
  });
}

/** Lines that are written after a place, over the change of files, until the signal. */
export async function* newLines(directory: string, from: Place, signal: AbortSignal): AsyncGenerator<string> {
  let { file, position } = from;
  while (!signal.aborted) {
    // Asked for before the file is read to its end: what is in a newer one is newer than all of it.
    const newer = (await auditFiles(directory)).find((name) => name > file);
    for await (const { text, next, whole } of readLines(join(directory, file), position)) {
      if (!whole || signal.aborted) break;
      position = next;
      yield text;
    }
    if (newer !== undefined) [file, position] = [newer, 0];
    else await pause(LOOK_EVERY_MS, signal);
  }
}

async function existing(directory: string): Promise<string[]> {
  const files = await auditFiles(directory);
  if (files.length > 0) return files;
  throw new BanyanError('not-found', `there is no audit log in ${directory}`, {
    remedy: 'The engine writes one from its first start on. If there was one, it has been removed.',
  });
}

/** The engine drops the oldest file when it begins a new one: begin again then. */
async function whileFilesGo<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const isGone = error instanceof BanyanError && codeOf(error.cause) === 'ENOENT';
      if (!isGone || attempt === ATTEMPTS) throw error;
    }
  }
}

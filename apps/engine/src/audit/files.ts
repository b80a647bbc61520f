import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '#errors';
import { fileError } from '#host';

/** Longer than any line of ours: what is longer is none, and does not have to be in memory to be seen. */
const MOST_LINE = 64 * 1024;
const FILE = /^audit-[0-9]{12}\.jsonl$/;

export function auditDirectory(stateDir: string): string {
  return join(stateDir, 'audit');
}

/** Held by the one process that writes the log, which is an engine as long as it runs. */
export function auditLock(directory: string): string {
  return join(directory, 'lock');
}

/** A file is named after its first line, so that the order of names is that of lines. */
export function fileName(firstSeq: number): string {
  return `audit-${String(firstSeq).padStart(12, '0')}.jsonl`;
}

/** The names of the log's files, oldest first; none when there is no such directory. @throws BanyanError `host`. */
export async function auditFiles(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => FILE.test(name)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw fileError('read', directory, error);
  }
}

export interface ReadLine {
  /** One character for each byte. */
  readonly text: string;
  /** Where the next line begins, bytes. */
  readonly next: number;
  /** False for what the file ends with, if that has no newline. */
  readonly whole: boolean;
}

/**
 * The lines of a file, streamed. What is longer than any line of ours comes in pieces that are not whole.
 *
 * @param from bytes, the beginning of a line. @throws BanyanError `host`.
 */
export async function* readLines(path: string, from = 0): AsyncGenerator<ReadLine> {
  let rest = '';
  let next = from;
  try {
    for await (const chunk of createReadStream(path, { start: from, encoding: 'latin1' })) {
      const pieces = (rest + (chunk as string)).split('\n');
      rest = pieces.pop()!;
      for (const text of pieces) {
        next += text.length + 1;
        yield { text, next, whole: true };
      }
      if (rest.length > MOST_LINE) {
        next += rest.length;
        yield { text: rest, next, whole: false };
        rest = '';
      }
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
  if (rest !== '') yield { text: rest, next: next + rest.length, whole: false };
}

import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import { codeOf } from '#errors';
import type { Refusal } from './client-file.js';

/** A key with its quotes and a few comment lines has room ten times over. */
const MAX_BYTES = 4096;

/** What one path held. `gone` is a name that no longer exists. */
export type FileReading =
  | { readonly kind: 'text'; readonly text: string; readonly stat: BigIntStats }
  /** Something that can be no client file; `content` tells one such thing from another. */
  | { readonly kind: 'bad'; readonly refusal: Refusal; readonly content: string; readonly stat?: BigIntStats }
  /** The system failed, which says nothing about what the file holds. */
  | { readonly kind: 'unreadable'; readonly refusal: Refusal; readonly stat?: undefined }
  | { readonly kind: 'gone' };

/**
 * Reads a small regular file, whatever is found in its place: nothing blocks, nothing large is read, no device is
 * opened. Links are followed (configuration management and mounted secrets place keys so): who may put a link
 * into the directory may put a key there. Size and kind are those of the opened file, so a swap in between
 * changes nothing.
 *
 * Synchronous: four quick calls on a local disk; through Node's thread pool they cost several times as much.
 */
export function readSmallFile(path: string): FileReading {
  try {
    const found = statFile(path);
    if (found === undefined) return dangling(path);
    if (!found.isFile()) return notRegular(found);
    return readRegular(path);
  } catch (error) {
    return failed(error);
  }
}

/** The file that a path leads to. @returns undefined when there is none. */
export function statFile(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

const buffer = Buffer.alloc(MAX_BYTES + 1);

function readRegular(path: string): FileReading {
  // O_NONBLOCK: should a FIFO have taken its place just now, opening it must not wait for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(file, { bigint: true });
    if (!stat.isFile()) return notRegular(stat);
    const length = stat.size > MAX_BYTES ? Number(stat.size) : readSync(file, buffer, 0, buffer.length, 0);
    if (length > MAX_BYTES) return tooLarge(stat);
    return { kind: 'text', text: buffer.toString('utf8', 0, length), stat };
  } finally {
    closeSync(file);
  }
}

/** Tells texts apart without keeping them. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function tooLarge(stat: BigIntStats): FileReading {
  return {
    kind: 'bad',
    content: `size ${stat.size}`,
    stat,
    refusal: {
      reason: `It is larger than ${MAX_BYTES} bytes, which no client file is`,
      remedy: 'Replace it by a file that holds the public key alone.',
    },
  };
}

function notRegular(stat: BigIntStats): FileReading {
  const kind = stat.isDirectory() ? 'a directory' : stat.isFIFO() ? 'a FIFO' : 'not a regular file';
  return {
    kind: 'bad',
    content: kind,
    stat,
    refusal: { reason: `It is ${kind}`, remedy: 'Replace it by a file that holds the public key.' },
  };
}

function dangling(path: string): FileReading {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return { kind: 'gone' };
  return badLink('It is a link to a file that does not exist');
}

function badLink(reason: string): FileReading {
  const remedy = 'Mend the link or replace it by a file that holds the public key.';
  return { kind: 'bad', content: reason, refusal: { reason, remedy } };
}

function failed(error: unknown): FileReading {
  const code = codeOf(error);
  if (code === 'ENOENT') return { kind: 'gone' };
  if (code === 'ELOOP') return badLink('It is a link that leads back to itself');
  return {
    kind: 'unreadable',
    refusal: {
      reason: `It cannot be read (${code ?? 'unknown error'})`,
      remedy: 'Check its permissions and the disk; `dmesg` may say more.',
    },
  };
}

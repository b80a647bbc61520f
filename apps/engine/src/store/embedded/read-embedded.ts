import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BanyanError, codeOf } from '#errors';
import { fileError } from '#host';
import type { Entry } from '../store.js';
import { decode, type Image } from './image.js';

/** Name of the store in the state directory. */
export const STORE_FILE = 'store';

/**
 * All entries of a store that another process may have open, sorted by key: a file that is only ever replaced as
 * a whole may be read at any moment.
 *
 * @throws BanyanError `not-found`; `host` when it is damaged or cannot be read.
 */
export async function readEmbedded(stateDir: string): Promise<readonly Entry[]> {
  const path = join(stateDir, STORE_FILE);
  const image = await readImage(path);
  if (image) return [...image.entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  throw new BanyanError('not-found', `there is no store at ${path}`, {
    remedy: 'The engine makes one when it starts; check state_dir in banyan.yaml.',
  });
}

/** @returns undefined when there is no such file. @throws BanyanError `host` as {@link readEmbedded}. */
export async function readImage(path: string): Promise<Image | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  });
  return text === undefined ? undefined : decode(text, path);
}

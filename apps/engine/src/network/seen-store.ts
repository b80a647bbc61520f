import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '#errors';
import { fileError, writeFileAtomic } from '#host';
import { encodeStoreId, tryDecodeStoreId, type StoreId } from './store-id.js';

const FILE = 'seen-store.json';

/** What this host saw of its store at the last start: beside the store it would go back in time with it. */
export class SeenStore {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = join(stateDir, FILE);
  }

  /** @returns undefined when nothing was seen, or what is on record cannot be read. */
  async read(): Promise<StoreId | undefined> {
    try {
      return tryDecodeStoreId(await readFile(this.#path, 'utf8'));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw fileError('read', this.#path, error);
    }
  }

  async write(seen: StoreId): Promise<void> {
    await writeFileAtomic(this.#path, `${encodeStoreId(seen)}\n`);
  }
}

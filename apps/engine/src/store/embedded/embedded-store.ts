import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BanyanError } from '#errors';
import { lockFile, makeDirectory, writeFileAtomic, type FileLock } from '#host';
import type { Log } from '#log';
import type { Compare, Entry, Operation, Store, Subscription } from '../store.js';
import { checkTransaction } from '../transaction.js';
import { Watchers } from '../watchers.js';
import { commit, type Transaction } from './commit.js';
import { EMPTY, encode, type Image } from './image.js';
import { readImage, STORE_FILE } from './read-embedded.js';

interface Waiting extends Transaction {
  readonly resolve: (held: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A store in one file, replaced as a whole by every commit: written beside it, synced, renamed. So a crash
 * leaves the old file or the new one and there is nothing to repair; a log would write less, but what is
 * kept here is a few hundred bytes an agent. Transactions that arrive while a commit is being written share
 * the next one, so many at once cost as much as two.
 *
 * What is read is always what is on the disk: a transaction shows itself once it is durable.
 */
export class EmbeddedStore implements Store {
  readonly #watchers: Watchers;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(
    private readonly path: string,
    private readonly lock: FileLock,
    private image: Image,
    log: Log,
  ) {
    this.#watchers = new Watchers(log);
  }

  /**
   * Opens the store of this directory, and makes an empty one where there is none.
   *
   * @throws BanyanError `conflict` when a running process has it open; `host` when it is damaged, or cannot
   *   be read or written.
   */
  static async open(directory: string, log: Log): Promise<EmbeddedStore> {
    const path = join(directory, STORE_FILE);
    await makeDirectory(directory, 0o700);
    const lock = await lockFile(`${path}.lock`, path);
    try {
      await removeUnfinished(path);
      let image = await readImage(path);
      if (image === undefined) {
        image = EMPTY;
        await writeFileAtomic(path, encode(image));
        log.say('store.opened', `made a new store, ${path}`);
      }
      return new EmbeddedStore(path, lock, image, log);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async get(key: string): Promise<Entry | undefined> {
    return (await this.#read()).entries.get(key);
  }

  async list(...prefixes: string[]): Promise<Entry[]> {
    const { entries } = await this.#read();
    return [...entries.values()]
      .filter(({ key }) => prefixes.some((prefix) => key.startsWith(prefix)))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async transact(compares: readonly Compare[], operations: readonly Operation[]): Promise<boolean> {
    this.#mustBeOpen();
    checkTransaction(compares, operations);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ compares: [...compares], operations: [...operations], resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  watch(prefix: string, onChange: () => void): Subscription {
    return this.#watchers.add(prefix, onChange);
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#writing;
      this.#watchers.clear();
      await this.lock.release();
    })();
    return this.#closed;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#write(batch);
    }
    this.#writing = undefined;
  }

  /** All of a batch fail together: even a failed compare is an answer only once what it was compared with is durable. */
  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const { image, held, changed } = commit(this.image, batch);
      if (changed.length > 0) await writeFileAtomic(this.path, encode(image));
      this.image = image;
      batch.forEach(({ resolve }, index) => resolve(held[index]!));
      this.#watchers.changed(changed);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #read(): Promise<Image> {
    return new Promise((resolve) => {
      this.#mustBeOpen();
      resolve(this.image);
    });
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new BanyanError('unavailable', `the store ${this.path} is closed`);
  }
}

/** Files of commits that a crash cut off, as `writeFileAtomic` names them; whoever holds the lock writes no other. */
async function removeUnfinished(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    if (/^\.store\.[0-9a-f]{12}\.tmp$/.test(name)) await rm(join(directory, name), { force: true });
  }
}

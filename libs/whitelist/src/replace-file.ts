import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, statSync, watch, type FSWatcher } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '#errors';
import { syncDirectory } from '#host';

/** How long a watch has to tell what it has seen; one that sees nothing (as on a network file system) is not waited for longer. */
const TELLING_MS = 1_000;

export interface Replacement {
  readonly path: string;
  /** What the file must hold until the moment it is replaced. */
  readonly before: string;
  readonly after: string;
}

/**
 * Replaces a file that is still there and still says the same, in one step. Unlike a plain rename it does not
 * bring back what somebody removes at the same moment: the last look and the rename follow each other without a
 * turn of the event loop between them, and a watch tells of a change that fell between even those; then the file is
 * taken away again.
 *
 * @returns whether it was; nothing is changed when not.
 * @throws system errors.
 */
export async function replaceFile(
  { path, before, after }: Replacement,
  /** For tests: called between the last look and the rename. */
  between: () => void = () => undefined,
): Promise<boolean> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const end = `${temporary}.end`;
  try {
    await writeLike(path, temporary, after);
    await writeFile(end, '', { flag: 'wx', mode: 0o600 });
    const replaced = await swap({ path, before, after }, { temporary, end }, between);
    await syncDirectory(directory);
    return replaced;
  } finally {
    // What failed is told, and not that its traces could not be removed.
    await Promise.allSettled([temporary, end].map((trace) => rm(trace, { force: true })));
  }
}

async function swap(
  { path, before, after }: Replacement,
  { temporary, end }: { readonly temporary: string; readonly end: string },
  between: () => void,
): Promise<boolean> {
  const sightings = new Sightings(dirname(path), basename(path), basename(end));
  try {
    if (contentOf(path) !== before) return false;
    between();
    renameSync(temporary, path);
    await rm(end);
    await sightings.told();
    if (sightings.count > 1) {
      if (contentOf(path) === after) await rm(path);
      return false;
    }
    return true;
  } finally {
    sightings.close();
  }
}

/** With the owner and the permissions of the file it is to replace. */
async function writeLike(model: string, path: string, text: string): Promise<void> {
  const { mode, uid, gid } = statSync(model);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.chown(uid, gid).catch(() => undefined);
    await file.chmod(mode & 0o777);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** How often a name came or went in a directory: once is our own rename. */
class Sightings {
  count = 0;
  readonly #end = Promise.withResolvers<void>();
  readonly #watcher: FSWatcher | undefined;

  /** @param end the name whose going is the last of what is to be told. */
  constructor(directory: string, name: string, end: string) {
    try {
      this.#watcher = watch(directory, (event, seen) => {
        if (event === 'rename' && seen === name) this.count += 1;
        if (seen === end) this.#end.resolve();
      }).on('error', () => this.#end.resolve());
    } catch {
      this.#end.resolve();
    }
  }

  async told(): Promise<void> {
    const limit = setTimeout(() => this.#end.resolve(), TELLING_MS);
    await this.#end.promise;
    clearTimeout(limit);
  }

  close(): void {
    this.#watcher?.close();
  }
}

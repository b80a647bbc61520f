import { watch, type FSWatcher } from 'node:fs';
import { messageOf } from '#errors';
import { isSameDirectory, type DirectoryIdentity } from '#whitelist';

/**
 * Hints that something in a directory may have changed. Only hints: inotify goes deaf when the directory is
 * replaced or unmounted, does not see changes behind links, and has limits; readings at intervals see the rest.
 */
export class DirectoryWatch {
  #watcher: FSWatcher | undefined;
  #watched: DirectoryIdentity | undefined;

  constructor(
    private readonly path: string,
    private readonly onHint: () => void,
    /** Told why there will be no hints. */
    private readonly onDeaf: (why: string) => void,
  ) {}

  /**
   * Watches the directory that the path leads to, unless it is watched already.
   * @returns whether this watch is new: what happened before it was not heard.
   */
  arm(directory: DirectoryIdentity): boolean {
    if (this.#watcher !== undefined && isSameDirectory(this.#watched!, directory)) return false;
    this.disarm();
    try {
      // Not persistent: watching keeps no process alive.
      this.#watcher = watch(this.path, { persistent: false }, this.onHint);
      this.#watcher.on('error', (error) => this.#fail(error));
      this.#watched = directory;
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  disarm(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #fail(error: unknown): void {
    this.disarm();
    this.onDeaf(messageOf(error));
  }
}

import { appendFile, chmod, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { codeOf, messageOf } from '#errors';
import { makeDirectory } from '#host';
import type { Log } from '#log';

/** Two files of this size, bytes; one minute with all reasons there are takes about one thousand. */
const FILE_BYTES = 4 * 1024 * 1024;
const MINUTE_MS = 60_000;
/** Reasons a minute; more are counted as `other`. They come from our own code, so there are few. */
const REASONS = 32;

/**
 * Refusals, counted for each minute and reason. Apart from the audit log: whoever can reach the engine can cause them,
 * and must not be able to push history out of a log of bounded size.
 */
export class RefusalCounts {
  /** The reason of each, as it is counted. */
  readonly counted = new Subject<string>();
  readonly #counts = new Map<string, number>();
  readonly #path: string;
  #minute = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly directory: string,
    private readonly log: Log,
    private readonly fileBytes = FILE_BYTES,
  ) {
    this.#path = join(directory, 'refusals.jsonl');
  }

  /** @param reason a name that our code has for it, never text from a caller. */
  count(reason: string, now = Date.now()): void {
    const minute = now - (now % MINUTE_MS);
    if (minute !== this.#minute) this.#turn(minute);
    const known = this.#counts.has(reason) || this.#counts.size < REASONS ? reason : 'other';
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1);
    this.counted.next(known);
    this.#timer ??= setTimeout(() => this.#turn(0), minute + MINUTE_MS - now).unref();
  }

  async close(): Promise<void> {
    this.#turn(0);
    await this.#writing;
  }

  /** Writes what was counted, and begins another minute. */
  #turn(next: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const minute = new Date(this.#minute).toISOString();
    const lines = [...this.#counts].map(
      ([reason, count]) => `${JSON.stringify({ minute, reason, count })}\n`,
    );
    this.#say();
    this.#counts.clear();
    this.#minute = next;
    if (lines.length > 0) this.#writing = this.#writing.then(() => this.#append(lines.join('')));
  }

  /** One line, whatever anybody does: what operators are shown has room for a thousand. */
  #say(): void {
    const counts = [...this.#counts].sort(([, one], [, other]) => other - one);
    const all = counts.reduce((sum, [, count]) => sum + count, 0);
    if (all === 0) return;
    const reasons = counts.map(([reason, count]) => `${count} for ${reason}`).join(', ');
    const calls = all === 1 ? 'one call was' : `${all} calls were`;
    this.log.say('refusals.counted', `${calls} refused within a minute: ${reasons}`, { refused: all });
  }

  async #append(text: string): Promise<void> {
    try {
      await makeDirectory(this.directory, 0o700);
      if ((await sizeOf(this.#path)) + text.length > this.fileBytes) {
        await rename(this.#path, join(this.directory, 'refusals.previous.jsonl'));
      }
      await appendFile(this.#path, text, { mode: 0o600 });
      await chmod(this.#path, 0o600);
    } catch (error) {
      this.log.say('log.unwritable', `counts of refusals cannot be written: ${messageOf(error)}`);
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

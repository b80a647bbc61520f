import { asBanyanError, complaint } from '#errors';
import { pause } from '#host';
import type { Log } from '#log';
import type { ChainEnd, Entry } from './chain.js';
import { logDamaged, logGap, logTorn, type AuditEvent } from './events.js';
import { Repeats } from './repeats.js';
import { AuditWriter, type Extent, type Found } from './writer.js';

/** Lines written at once: enough for the disk, and not so many that callers wait for their hashes. */
const BATCH = 256;

export interface AuditLogOptions extends Extent {
  readonly directory: string;
  /** Events that wait for the disk at most; more are lost, and counted. */
  readonly waiting: number;
  /** Milliseconds until a disk that failed is tried again. */
  readonly retry: number;
  /** Milliseconds between two heads in the service's log. */
  readonly sayHeadEvery: number;
}

/** 16 files of 4 MiB hold some 200,000 events; what may wait is a whitelist with a key for every tunnel address. */
export const AUDIT_LOG = {
  fileBytes: 4 * 1024 * 1024,
  files: 16,
  waiting: 65_536,
  retry: 5_000,
  sayHeadEvery: 3_600_000,
} as const;

type Said = Pick<Entry, 'time' | 'event' | 'fields'>;

/**
 * The audit log: `record` is the whole port. What is recorded is written in this order, as soon as the disk takes
 * it; nobody waits for that. A disk that fails loses what no longer fits the queue, and the log then says how much.
 */
export class AuditLog {
  readonly #waiting: Said[] = [];
  readonly #repeats = new Repeats();
  readonly #stopping = new AbortController();
  readonly #hourly: NodeJS.Timeout;
  #lost = 0;
  #failure: string | undefined;
  #writing: Promise<void> | undefined;

  private constructor(
    private readonly writer: AuditWriter,
    private readonly options: AuditLogOptions,
    /** The service's own. */
    private readonly log: Log,
  ) {
    this.#hourly = setInterval(() => this.#sayHead(), options.sayHeadEvery).unref();
  }

  /** @throws BanyanError `conflict` when another process writes this log; `host`. */
  static async open(options: AuditLogOptions, log: Log): Promise<AuditLog> {
    const { writer, found } = await AuditWriter.open(options.directory, options);
    const audit = new AuditLog(writer, options, log);
    audit.#sayHead();
    audit.#note(found);
    return audit;
  }

  /** The last line that is on the disk. */
  get head(): ChainEnd {
    return this.writer.end;
  }

  /** Never throws and never waits. What comes after `close` is not recorded. */
  record({ event, fields, repeats }: AuditEvent, now = Date.now()): void {
    if (this.#stopping.signal.aborted) return;
    const heldBack = repeats === undefined ? 0 : this.#repeats.pass(repeats, now);
    if (heldBack === undefined) return;
    if (this.#waiting.length >= this.options.waiting) {
      this.#lost += 1;
      return;
    }
    const counted = heldBack === 0 ? fields : { ...fields, held_back: heldBack };
    this.#waiting.push({ time: new Date(now).toISOString(), event, fields: counted });
    this.#writing ??= this.#write();
  }

  /** Why it cannot be written now; undefined when it can. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Settles when all that was recorded is on the disk. @returns false when it was closed before that. */
  async written(): Promise<boolean> {
    await this.#writing;
    return this.#waiting.length === 0 && this.#lost === 0;
  }

  /** Writes what waits, once more if the disk fails. @returns whether all of it is on the disk. */
  async close(): Promise<boolean> {
    clearInterval(this.#hourly);
    this.#stopping.abort();
    await this.#writing;
    const lost = this.#lost + this.#waiting.length;
    if (lost > 0)
      this.log.say('log.gap', `the audit log lacks the last events, which could not be written: ${lost}`);
    this.#sayHead();
    await this.writer.close();
    return lost === 0;
  }

  /** One line for the service's log: whoever has it can find out that the log was cut off or rewritten. */
  #sayHead(): void {
    const { seq, hash } = this.head;
    if (seq === 0) return;
    this.log.say(
      'log.head',
      `the audit log is at line ${seq}; to check it: banyan-engine audit --expect ${hash}`,
    );
  }

  #note({ torn, damage }: Found): void {
    if (torn) {
      this.log.say(
        'log.torn',
        `the audit log ended in the middle of a line (${torn.bytes} bytes), as a crash leaves it`,
      );
      this.record(logTorn(torn.bytes, torn.text));
    }
    if (damage) {
      this.log.say(
        'log.damaged',
        `the audit log was changed, ${damage.file}: ${damage.fault}. Try: banyan-engine audit --verify`,
      );
      this.record(logDamaged(damage.file, damage.fault));
    }
  }

  async #write(): Promise<void> {
    // What is recorded in one go is written in one go.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#lost > 0) {
      const batch = this.#waiting.slice(0, BATCH);
      const lost = batch.length === this.#waiting.length ? this.#lost : 0;
      const gap = lost === 0 ? [] : [{ ...logGap(lost), time: new Date().toISOString() }];
      try {
        await this.writer.append([...batch, ...gap]);
      } catch (error) {
        const isLast = this.#stopping.signal.aborted;
        this.#sayFailure(error);
        if (isLast) return;
        await pause(this.options.retry, this.#stopping.signal);
        continue;
      }
      this.#waiting.splice(0, batch.length);
      this.#lost -= lost;
      if (this.#failure !== undefined) this.log.say('log.writable', 'the audit log can be written again');
      this.#failure = undefined;
    }
    this.#writing = undefined;
  }

  #sayFailure(error: unknown): void {
    const why = complaint(asBanyanError(error));
    const failure = `the audit log cannot be written, and the engine goes on: ${why}`;
    this.log.say('log.unwritable', failure);
    this.#failure = failure;
  }
}

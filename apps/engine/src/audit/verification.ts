import { follow, missing, ORIGIN, type ChainEnd, type Entry } from './chain.js';

/** The first line that is not as it was written. */
export interface Fault {
  readonly file: string;
  /** From 1, in the file. */
  readonly line: number;
  /** A sentence that names the line. */
  readonly what: string;
}

export interface Verdict {
  readonly lines: number;
  readonly first: Entry | undefined;
  readonly last: Entry | undefined;
  /** The last line that is in the chain. */
  readonly head: ChainEnd | undefined;
  readonly fault: Fault | undefined;
  /** Number of the line that has the hash asked for. */
  readonly expectedAt: number | undefined;
  /** Bytes after the last whole line: a crash, or a line that is being written. */
  readonly tornBytes: number;
}

/** Judges a log line by line, from the oldest that is kept. Pure, and of one size however long the log is. */
export class Verification {
  #lines = 0;
  #first: Entry | undefined;
  #firstFile = '';
  #last: Entry | undefined;
  #head: ChainEnd | undefined;
  #fault: Fault | undefined;
  #expectedAt: number | undefined;
  #tornBytes = 0;
  #place = { file: '', line: 0 };
  #before = { file: '', line: 0 };
  /** Whether a line says that what came before the first one was dropped to make room. */
  #beginningSaid = false;

  /** @param expected hash of a line that must be in the log. */
  constructor(private readonly expected?: string) {}

  get failed(): boolean {
    return this.#fault !== undefined;
  }

  /** @param whole false for what a file ends with without a newline. */
  take(file: string, text: string, whole: boolean): void {
    if (this.#fault) return;
    this.#before = this.#place;
    this.#place = { file, line: this.#place.file === file ? this.#place.line + 1 : 1 };
    if (this.#tornBytes > 0) return this.#fail('a line in the middle was cut off', this.#before);
    if (!whole) {
      this.#tornBytes = text.length;
      return;
    }
    const step = follow(this.#head, text);
    if ('fault' in step) return this.#fail(step.fault, step.isBefore ? this.#before : this.#place);
    this.#head = step.end;
    this.#lines += 1;
    if (!this.#first) [this.#first, this.#firstFile] = [step.entry, file];
    this.#last = step.entry;
    if (step.end.hash === this.expected) this.#expectedAt = step.end.seq;
    if (step.entry.event === 'log.continued' && this.#saysBeginning(step.entry)) this.#beginningSaid = true;
  }

  verdict(): Verdict {
    const first = this.#first;
    if (!this.#fault && first && !this.#beginningSaid && !this.#isOrigin(first)) {
      const gone = first.seq === 1 ? 'another line was' : missing(1, first.seq - 1);
      const what = `${gone} missing before line ${first.seq}, and no line says that older ones were dropped`;
      this.#fault = { file: this.#firstFile, line: 1, what };
    }
    return {
      lines: this.#lines,
      first,
      last: this.#last,
      head: this.#head,
      fault: this.#fault,
      expectedAt: this.#expectedAt,
      tornBytes: this.#tornBytes,
    };
  }

  #isOrigin({ seq, prev }: Entry): boolean {
    return seq === 1 && prev === ORIGIN.hash;
  }

  #saysBeginning({ fields }: Entry): boolean {
    const { dropped_through: seq, dropped_hash: hash } = fields;
    return seq === this.#first!.seq - 1 && hash === this.#first!.prev;
  }

  #fail(what: string, place = this.#place): void {
    this.#fault = { ...place, what };
  }
}

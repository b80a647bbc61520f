import { chmod, constants, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, lockFile, makeDirectory, syncDirectory, type FileLock } from '#host';
import { append, follow, hashOf, ORIGIN, parseLine, type ChainEnd, type Entry } from './chain.js';
import { logContinued } from './events.js';
import { auditLock, auditFiles, fileName, readLines } from './files.js';

/** How much history there is at most: bytes a file, roughly, and files. */
export interface Extent {
  readonly fileBytes: number;
  readonly files: number;
}

/** What a start found at the end of the log. */
export interface Found {
  /** What a crash left of a line; it has been taken away. */
  readonly torn?: { readonly bytes: number; readonly text: string };
  /** What is not as the engine wrote it in the newest file. */
  readonly damage?: { readonly file: string; readonly fault: string };
}

type Said = Pick<Entry, 'time' | 'event' | 'fields'>;

/** The newest file. */
interface Target {
  readonly file: FileHandle;
  readonly path: string;
  /** Bytes that are in the chain; more of them are what a write that failed left. */
  size: number;
}

/** Writes the log's files; one process at a time. What it says is written, is on the disk. */
export class AuditWriter {
  private constructor(
    private readonly directory: string,
    private readonly extent: Extent,
    private readonly lock: FileLock,
    private target: Target,
    private last: ChainEnd,
  ) {}

  /** @throws BanyanError `conflict` when another process writes this log; `host`. */
  static async open(directory: string, extent: Extent): Promise<{ writer: AuditWriter; found: Found }> {
    await makeDirectory(directory, 0o700);
    await chmod(directory, 0o700);
    const lock = await lockFile(auditLock(directory), `the audit log in ${directory}`);
    try {
      const { name, size, end, found } = await lookAtEnd(directory);
      const path = join(directory, name);
      const target = { file: await openFile(path, constants.O_CREAT), path, size };
      const writer = new AuditWriter(directory, extent, lock, target, end);
      await writer.#cut();
      return { writer, found };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get end(): ChainEnd {
    return this.last;
  }

  /** All of these, or none. @throws BanyanError `host`; the same call may be made again. */
  async append(said: readonly Said[]): Promise<void> {
    await this.#cut();
    if (this.target.size >= this.extent.fileBytes) await this.#turnOver(said[0]!.time);
    const { text, end } = chained(this.last, said);
    await write(this.target, text);
    this.last = end;
  }

  async close(): Promise<void> {
    await this.target.file.close();
    await this.lock.release();
  }

  /** Takes away what is behind the chain. */
  async #cut(): Promise<void> {
    const { file, path, size } = this.target;
    try {
      if ((await file.stat()).size > size) await file.truncate(size);
    } catch (error) {
      throw fileError('write', path, error);
    }
  }

  /** Begins the next file, which says what is dropped, before that is dropped. */
  async #turnOver(time: string): Promise<void> {
    const files = await auditFiles(this.directory);
    const dropped = files.slice(0, Math.max(0, files.length + 1 - this.extent.files));
    const kept = [...files.slice(dropped.length), fileName(this.last.seq + 1)];
    const beginning = dropped.length === 0 ? undefined : await this.#beginningOf(kept[0]!);
    const path = join(this.directory, kept.at(-1)!);
    // What is there under this name is what an earlier attempt left.
    const file = await openFile(path, constants.O_CREAT | constants.O_TRUNC);
    const target = { file, path, size: 0 };
    const { text, end } = chained(this.last, [{ ...logContinued(beginning), time }]);
    try {
      await write(target, text);
      await syncDirectory(this.directory);
    } catch (error) {
      await target.file.close();
      await rm(path, { force: true });
      throw error;
    }
    await this.target.file.close();
    [this.target, this.last] = [target, end];
    for (const name of dropped) await rm(join(this.directory, name), { force: true });
  }

  /** What the first line of a file was chained to. */
  async #beginningOf(name: string): Promise<ChainEnd | undefined> {
    if (name === fileName(this.last.seq + 1)) return this.last;
    for await (const { text } of readLines(join(this.directory, name))) {
      const entry = parseLine(text);
      return entry && { seq: entry.seq - 1, hash: entry.prev };
    }
    return undefined;
  }
}

function chained(from: ChainEnd, said: readonly Said[]): { text: string; end: ChainEnd } {
  let [text, end] = ['', from];
  for (const one of said) {
    const next = append(end, one);
    text += `${next.line}\n`;
    end = next.end;
  }
  return { text, end };
}

async function write(target: Target, text: string): Promise<void> {
  try {
    await target.file.appendFile(text, 'latin1');
    await target.file.datasync();
  } catch (error) {
    throw fileError('write', target.path, error);
  }
  target.size += text.length;
}

async function openFile(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_APPEND | flags, 0o600);
  } catch (error) {
    throw fileError('write', path, error);
  }
}

interface End {
  readonly name: string;
  readonly size: number;
  readonly end: ChainEnd;
  readonly found: Found;
}

/** A newest file without a whole line is one whose beginning was cut off: the one before it goes on. */
async function lookAtEnd(directory: string): Promise<End> {
  const files = await auditFiles(directory);
  let torn: Found['torn'];
  for (const name of files.toReversed()) {
    const seen = await lookAtFile(directory, name);
    torn ??= seen.found.torn;
    if (seen.size > 0 || name === files[0]) {
      return { ...seen, found: { ...seen.found, ...(torn && { torn }) } };
    }
    await rm(join(directory, name), { force: true });
  }
  return { name: fileName(1), size: 0, end: ORIGIN, found: {} };
}

/** Goes on after what is damaged, as far as it can be read: the chain then shows where it was. */
async function lookAtFile(directory: string, name: string): Promise<End> {
  let [size, torn] = [0, ''];
  let end: ChainEnd | undefined;
  let fault: string | undefined;
  for await (const { text, next, whole } of readLines(join(directory, name))) {
    if (!whole) {
      torn = text;
      continue;
    }
    [size, torn] = [next, ''];
    const step = follow(end, text);
    if (!('fault' in step)) {
      end = step.end;
      continue;
    }
    fault ??= step.fault;
    const entry = parseLine(text);
    if (entry !== undefined) end = { seq: entry.seq, hash: hashOf(text) };
  }
  const found = {
    ...(torn === '' ? {} : { torn: { bytes: torn.length, text: torn } }),
    ...(fault === undefined ? {} : { damage: { file: name, fault } }),
  };
  return { name, size, end: end ?? ORIGIN, found };
}

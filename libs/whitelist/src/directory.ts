import { readdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { tunnelAddress, type PublicKey, type TunnelAddress } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { fileError } from '#host';
import { parseClientFile, type Refusal } from './client-file.js';
import { sameTerms, type ClientTerms } from './client-terms.js';
import { CLIENT_FILE_SUFFIX, NAME_RULE, escapedName, isClientName, type ClientName } from './client-name.js';
import { identify, isSameDirectory, type DirectoryIdentity } from './directory-identity.js';
import { openDoors } from './other-writers.js';
import { digest, readSmallFile, statFile, type FileReading } from './read-file.js';

export interface KeyFile extends ClientTerms {
  readonly kind: 'key';
  readonly name: ClientName;
  readonly publicKey: PublicKey;
  readonly tunnelAddress: TunnelAddress;
}

/** A `.pub` file as last read. `name` is printable; it is a {@link ClientName} unless the file is `bad`. */
export type ClientFile =
  | KeyFile
  /** What is there is no client file. `content` differs when what is there does. */
  | { readonly kind: 'bad'; readonly name: string; readonly refusal: Refusal; readonly content: string }
  /** The system could not read it, which says nothing about what it holds. */
  | { readonly kind: 'unreadable'; readonly name: ClientName; readonly refusal: Refusal };

export interface DirectoryReading {
  readonly directory: DirectoryIdentity;
  /** Ordered by file name. A file that did not change is the same object as in the reading before. */
  readonly files: readonly ClientFile[];
  /** Who can write there and should not, with a remedy. */
  readonly warnings: readonly string[];
}

/** How long one turn of the event loop may be busy with reading, ms. */
const SLICE_MS = 8;
const ATTEMPTS = 5;
/** Coarsest time stamp of a file system in use (FAT), ns. */
const STAMP_NS = 2_000_000_000n;

interface Remembered {
  readonly stat: BigIntStats | undefined;
  /** Old enough when read that any later write shows in the stamps (as git's "racy" index entries). */
  readonly settled: boolean;
  readonly file: ClientFile;
}

/**
 * Reads the `*.pub` files of one directory, and again only those that changed since.
 * One reading at a time.
 */
export class KeysDirectory {
  #remembered = new Map<string, Remembered>();

  constructor(
    readonly path: string,
    /** The engine's own public keys, present and former. */
    readonly ownKeys: readonly PublicKey[] = [],
  ) {}

  /** @throws BanyanError `host` when the directory is missing, cannot be read, or is being swapped for others. */
  async read(): Promise<DirectoryReading> {
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const directory = identify(this.path);
        const read = await this.#readWhole();
        // A directory replaced or unmounted half-way looks like one whose files were removed.
        if (!isSameDirectory(directory, identify(this.path))) continue;
        this.#remembered = read;
        const stats = Array.from(read, ([name, { stat }]) => [name, stat] as const);
        return {
          directory,
          files: [...read.values()].map(({ file }) => file),
          warnings: openDoors({ path: this.path, permissions: directory }, stats),
        };
      }
    } catch (error) {
      throw codeOf(error) === undefined ? error : directoryError(this.path, error);
    }
    throw new BanyanError('host', `the keys directory ${this.path} is being replaced again and again`);
  }

  /**
   * Reads until nothing is missing that may only have moved: a listing and the files it names are not one moment, and
   * renaming a file must not be seen as removing it. So a name counts as gone when the listing is without it and
   * without a name that was not read.
   */
  async #readWhole(): Promise<Map<string, Remembered>> {
    let names = this.#list();
    let read = await this.#readFiles(names, new Map());
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const vanished = read.size < names.length;
      if (!vanished && [...this.#remembered.keys()].every((name) => read.has(name))) break;
      names = this.#list();
      if (!vanished && names.every((name) => read.has(name))) break;
      read = await this.#readFiles(names, read);
    }
    return read;
  }

  /** Names in latin1, which keeps bytes that are not UTF-8 apart. */
  #list(): string[] {
    return readdirSync(this.path, 'latin1')
      .filter((name) => name.endsWith(CLIENT_FILE_SUFFIX))
      .sort();
  }

  async #readFiles(
    names: readonly string[],
    known: ReadonlyMap<string, Remembered>,
  ): Promise<Map<string, Remembered>> {
    const remembered = new Map<string, Remembered>();
    let sliceEnd = performance.now() + SLICE_MS;
    for (const fileName of names) {
      const reading = known.get(fileName) ?? this.#readFile(fileName);
      if (reading !== undefined) remembered.set(fileName, reading);
      if (performance.now() > sliceEnd) {
        await new Promise((resume) => setImmediate(resume));
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    return remembered;
  }

  #readFile(fileName: string): Remembered | undefined {
    const before = this.#remembered.get(fileName);
    const name = fileName.slice(0, -CLIENT_FILE_SUFFIX.length);
    if (!isClientName(name)) return before ?? { stat: undefined, settled: true, file: misnamed(name) };

    const path = join(this.path, fileName);
    if (before?.settled && isUnchanged(before.stat, path)) return before;
    const now = BigInt(Date.now()) * 1_000_000n;
    const reading = readSmallFile(path);
    if (reading.kind === 'gone') return undefined;
    const { stat } = reading;
    const settled = stat !== undefined && isFar(now, stat.ctimeNs);
    const file = this.#interpret(name, reading);
    return {
      stat,
      settled,
      file: before !== undefined && isSameFile(before.file, file) ? before.file : file,
    };
  }

  #interpret(name: ClientName, reading: Exclude<FileReading, { kind: 'gone' }>): ClientFile {
    if (reading.kind === 'unreadable') return { kind: 'unreadable', name, refusal: reading.refusal };
    if (reading.kind === 'bad') return bad(name, reading.refusal, reading.content);
    const { text } = reading;
    const content = parseClientFile(text, this.ownKeys);
    if ('reason' in content) return bad(name, content, digest(text));
    return {
      kind: 'key',
      name,
      publicKey: content.publicKey,
      tunnelAddress: tunnelAddress(content.publicKey),
      ...content.terms,
    };
  }
}

function directoryError(path: string, error: unknown): BanyanError {
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return new BanyanError('host', `the keys directory ${path} does not exist`, {
      remedy: 'Mount it or put it back; `banyan-engine init` creates it on a new engine.',
      cause: error,
    });
  }
  if (code === 'ENOTDIR') {
    return new BanyanError('host', `the keys directory ${path} is not a directory`, {
      remedy: 'Set `whitelisted_keys_dir` to a directory.',
      cause: error,
    });
  }
  return fileError('read the keys directory', path, error);
}

function bad(name: string, refusal: Refusal, content: string): ClientFile {
  return { kind: 'bad', name, refusal, content };
}

function misnamed(name: string): ClientFile {
  const refusal = {
    reason: 'Its name is not a client name',
    remedy: `Rename it: a name is ${NAME_RULE}.`,
  };
  return bad(escapedName(name), refusal, 'name');
}

/**
 * Whether a change now would get another time stamp. So would one after the clock was set back, which leaves stamps in
 * the future.
 */
function isFar(now: bigint, stamp: bigint): boolean {
  return now - stamp > STAMP_NS || stamp - now > STAMP_NS;
}

function isUnchanged(before: BigIntStats | undefined, path: string): boolean {
  let now: BigIntStats | undefined;
  try {
    now = statFile(path);
  } catch {
    return false;
  }
  return (
    before !== undefined &&
    now !== undefined &&
    before.ino === now.ino &&
    before.dev === now.dev &&
    before.size === now.size &&
    before.mtimeNs === now.mtimeNs &&
    before.ctimeNs === now.ctimeNs
  );
}

function isSameFile(a: ClientFile, b: ClientFile): boolean {
  if (a.kind === 'key') {
    return b.kind === 'key' && a.name === b.name && a.publicKey.equals(b.publicKey) && sameTerms(a, b);
  }
  if (b.kind === 'key' || a.refusal.reason !== b.refusal.reason) return false;
  return a.kind === 'bad' ? b.kind === 'bad' && a.content === b.content : b.kind === 'unreadable';
}

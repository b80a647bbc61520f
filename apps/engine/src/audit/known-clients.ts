import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PublicKey } from '#crypto';
import { codeOf } from '#errors';
import { fileError, Turns, writeFileAtomic } from '#host';

const FILE = 'clients.json';
/** Revoked keys that are remembered; the oldest goes. */
const REVOKED = 1_000;

/** A key, and the name and the terms it has, or had. */
export interface Known {
  readonly publicKey: PublicKey;
  readonly name: string;
  /** Role, last day and note, in words. */
  readonly terms: string;
}

/** The keys that the engine answers by. */
export interface KnownEngine {
  readonly current: PublicKey;
  readonly previous: PublicKey | undefined;
}

export interface KnownChange {
  readonly admitted: readonly Known[];
  readonly renamed: readonly (Known & { readonly from: string })[];
  readonly revoked: readonly Known[];
  /** On other terms than before. */
  readonly changed: readonly (Known & { readonly before: string })[];
}

/**
 * Who was admitted when it was last put down in the audit log: what changed while no engine ran shows at the next
 * start. And the names that revoked keys had, so that nobody lets one back in unaware; and the engine's own keys.
 */
export class KnownClients {
  readonly #path: string;
  #admitted = new Map<string, Known>();
  readonly #revoked = new Map<string, Known>();
  readonly #saving = new Turns();
  /** Undefined before a first start. */
  engine: KnownEngine | undefined;

  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /** @returns why the file says nothing, if it does. */
  async read(): Promise<string | undefined> {
    try {
      const { admitted, revoked, engine } = JSON.parse(await readFile(this.#path, 'utf8')) as Record<
        string,
        object
      >;
      this.engine = parsedEngine(engine);
      for (const known of parsed(admitted)) this.#admitted.set(known.publicKey.text, known);
      for (const known of parsed(revoked)) this.#revoked.set(known.publicKey.text, known);
      return undefined;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      return codeOf(error) === undefined
        ? `${this.#path} is damaged`
        : fileError('read', this.#path, error).message;
    }
  }

  /** @throws BanyanError `host`. */
  async save(): Promise<void> {
    const names = (known: ReadonlyMap<string, Known>): object =>
      Object.fromEntries([...known].map(([key, { name, terms }]) => [key, [name, terms]]));
    const engine = this.engine && [this.engine.current.text, this.engine.previous?.text];
    // Made now: what is learned while it waits has no line in the log yet.
    const text = JSON.stringify({ admitted: names(this.#admitted), revoked: names(this.#revoked), engine });
    await this.#saving.take(() => writeFileAtomic(this.#path, `${text}\n`));
  }

  /** The name that a revoked key had. */
  revokedName(keyText: string): string | undefined {
    return this.#revoked.get(keyText)?.name;
  }

  /** Takes note of who is admitted now. @returns what is new of that. */
  update(clients: Iterable<Known>): KnownChange {
    const now = new Map([...clients].map((client) => [client.publicKey.text, client]));
    const admitted = [...now.values()].filter(({ publicKey }) => !this.#admitted.has(publicKey.text));
    const revoked = [...this.#admitted.values()].filter(({ publicKey }) => !now.has(publicKey.text));
    const renamed = [...now.values()].flatMap((client) => {
      const from = this.#admitted.get(client.publicKey.text)?.name ?? client.name;
      return from === client.name ? [] : [{ ...client, from }];
    });
    const changed = [...now.values()].flatMap((client) => {
      const before = this.#admitted.get(client.publicKey.text)?.terms ?? client.terms;
      return before === client.terms ? [] : [{ ...client, before }];
    });
    this.#admitted = now;
    for (const client of admitted) this.#revoked.delete(client.publicKey.text);
    for (const client of revoked) this.#revoked.set(client.publicKey.text, client);
    for (const key of this.#revoked.keys()) {
      if (this.#revoked.size <= REVOKED) break;
      this.#revoked.delete(key);
    }
    return { admitted, revoked, renamed, changed };
  }
}

/** Entries that are none are left out: this file is a memory, and decides nothing. */
function parsed(clients: object | undefined): Known[] {
  return Object.entries(clients ?? {}).flatMap(([key, client]: [string, unknown]) => {
    const publicKey = PublicKey.tryParse(key);
    const [name, terms] = Array.isArray(client) ? (client as unknown[]) : [];
    return publicKey && typeof name === 'string' && typeof terms === 'string'
      ? [{ publicKey, name, terms }]
      : [];
  });
}

function parsedEngine(keys: unknown): KnownEngine | undefined {
  const [current, previous] = (Array.isArray(keys) ? keys : []).map((key) => PublicKey.tryParse(String(key)));
  return current && { current, previous };
}

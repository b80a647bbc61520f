import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PublicKey } from '#crypto';
import { codeOf } from '#errors';
import { fileError, writeFileAtomic } from '#host';
import type { Client } from '#whitelist';

const FILE = 'clients.json';
/** Revoked keys that are remembered; the oldest goes. */
const REVOKED = 1_000;

/** A key and the name it has, or had. */
export type Known = Pick<Client, 'publicKey'> & { readonly name: string };

export interface KnownChange {
  readonly admitted: readonly Known[];
  readonly renamed: readonly (Known & { readonly from: string })[];
  readonly revoked: readonly Known[];
}

/**
 * Who was admitted when it was last put down in the audit log: what changed while no engine ran shows at the next
 * start. And the names that revoked keys had, so that nobody lets one back in unaware.
 */
export class KnownClients {
  readonly #path: string;
  #admitted = new Map<string, Known>();
  readonly #revoked = new Map<string, Known>();

  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /** @returns why the file says nothing, if it does. */
  async read(): Promise<string | undefined> {
    try {
      const { admitted, revoked } = JSON.parse(await readFile(this.#path, 'utf8')) as Record<string, object>;
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
      Object.fromEntries([...known].map(([key, { name }]) => [key, name]));
    const document = { admitted: names(this.#admitted), revoked: names(this.#revoked) };
    await writeFileAtomic(this.#path, `${JSON.stringify(document)}\n`);
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
    this.#admitted = now;
    for (const client of admitted) this.#revoked.delete(client.publicKey.text);
    for (const client of revoked) this.#revoked.set(client.publicKey.text, client);
    for (const key of this.#revoked.keys()) {
      if (this.#revoked.size <= REVOKED) break;
      this.#revoked.delete(key);
    }
    return { admitted, revoked, renamed };
  }
}

/** Entries that are none are left out: this file is a memory, and decides nothing. */
function parsed(names: object | undefined): Known[] {
  return Object.entries(names ?? {}).flatMap(([key, name]) => {
    const publicKey = PublicKey.tryParse(key);
    return publicKey && typeof name === 'string' ? [{ publicKey, name }] : [];
  });
}

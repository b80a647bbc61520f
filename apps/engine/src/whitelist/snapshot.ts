import { coversRole, sameTerms, type Client, type ClientRotation, type Entry } from '#whitelist';

/** Who is admitted at one moment. Never changes: a new reading makes a new one. */
export class WhitelistSnapshot {
  static readonly EMPTY = new WhitelistSnapshot([], []);

  readonly #byKey: ReadonlyMap<string, Client>;
  readonly #byName: ReadonlyMap<string, Client>;
  readonly #expired: ReadonlyMap<string, Entry>;
  readonly #entries: readonly Entry[];

  constructor(clients: readonly Client[], entries: readonly Entry[]) {
    this.#byKey = new Map(clients.map((client) => [client.publicKey.text, client]));
    this.#byName = new Map(clients.map((client) => [client.name, client]));
    const expired = entries.filter(({ state }) => state === 'expired');
    this.#expired = new Map(expired.map((entry) => [entry.publicKey!.text, entry]));
    this.#entries = Object.freeze([...entries]);
  }

  /** Number of admitted clients. */
  get size(): number {
    return this.#byKey.size;
  }

  /** The admitted client with this key, given as canonical base64 (`PublicKey.text`). */
  find(keyText: string): Client | undefined {
    return this.#byKey.get(keyText);
  }

  /** The entry of a key whose last day is over, given as canonical base64. */
  expired(keyText: string): Entry | undefined {
    return this.#expired.get(keyText);
  }

  /** The admitted client of this display name. */
  named(name: string): Client | undefined {
    return this.#byName.get(name);
  }

  clients(): IterableIterator<Client> {
    return this.#byKey.values();
  }

  /** Every file of the directory, admitted or not, by file name. */
  entries(): readonly Entry[] {
    return this.#entries;
  }
}

/** From one snapshot to the next, by key: the same key under another name is the same client. */
export interface WhitelistChange {
  readonly admitted: readonly Client[];
  readonly revoked: readonly Client[];
  readonly renamed: readonly Renamed[];
  /** Clients that have another key by their own doing; neither admitted nor revoked. */
  readonly rotated: readonly Rotated[];
  /** On other terms than before: role, expiry or note. May be among the renamed, too. */
  readonly changed: readonly Changed[];
}

export interface Rotated {
  readonly before: Client;
  readonly client: Client;
}

export interface Changed {
  readonly before: Client;
  readonly client: Client;
}

export interface Renamed {
  readonly from: string;
  readonly to: string;
  /** The client under its new name. */
  readonly client: Client;
}

/**
 * @param rotation that is being carried out: its name may have its new key.
 * @returns undefined when the same clients are admitted under the same names and on the same terms.
 */
export function difference(
  before: WhitelistSnapshot,
  after: WhitelistSnapshot,
  rotation?: ClientRotation,
): WhitelistChange | undefined {
  const rotated = rotation ? rotatedBy(rotation, before, after) : [];
  const old = new Set(rotated.map(({ before: { publicKey } }) => publicKey.text));
  const fresh = new Set(rotated.map(({ client: { publicKey } }) => publicKey.text));
  const admitted: Client[] = [];
  const renamed: Renamed[] = [];
  const changed: Changed[] = [];
  for (const client of after.clients()) {
    // Who has a key that was rotated away has it by a copy of the file, and is not the client that had it.
    const known = old.has(client.publicKey.text) ? undefined : before.find(client.publicKey.text);
    if (known === undefined) {
      if (!fresh.has(client.publicKey.text)) admitted.push(client);
      continue;
    }
    if (known.name !== client.name) renamed.push({ from: known.name, to: client.name, client });
    if (!sameTerms(known, client)) changed.push({ before: known, client });
  }
  const revoked = [...before.clients()].filter(
    ({ publicKey: { text } }) => after.find(text) === undefined && !old.has(text),
  );
  if (admitted.length + revoked.length + renamed.length + changed.length + rotated.length === 0)
    return undefined;
  return { admitted, revoked, renamed, changed, rotated };
}

function rotatedBy(
  { name, from, to }: ClientRotation,
  before: WhitelistSnapshot,
  after: WhitelistSnapshot,
): Rotated[] {
  const [was, is] = [before.named(name), after.named(name)];
  return was?.publicKey.equals(from) && is?.publicKey.equals(to) ? [{ before: was, client: is }] : [];
}

/** Who is still admitted, and for an agent's calls no more. */
export function noAgentsAnyMore({ changed }: WhitelistChange): Client[] {
  return changed
    .filter(({ before, client }) => coversRole(before.role, 'agent') && !coversRole(client.role, 'agent'))
    .map(({ client }) => client);
}

import {
  isSameDirectory,
  type Client,
  type ClientFile,
  type ClientName,
  type DirectoryIdentity,
  type DirectoryReading,
} from '#whitelist';

/**
 * What an admitted client stands on. Pure decisions; the service supplies readings and time.
 *
 * A revocation must be meant. A file is *gone* only when the very directory that held it no longer does; a
 * directory that was swapped for another (unmounted, deleted and created again, restored from a copy) says
 * nothing about the files that were never seen in it. Their clients are *held*: admitted, and reported, until the
 * file is back, the operator removes the client by name, the old directory is back and lacks the file, or the
 * engine is restarted.
 */
export interface Standing {
  readonly client: Client;
  /** Where its file was last seen. */
  readonly seenIn: DirectoryIdentity;
  /** When its file was first found bad since it was last good, ms; absent while it is good. */
  readonly badSince?: number;
}

export type Standings = ReadonlyMap<ClientName, Standing>;

export interface Continued {
  /** The files as they count: as read, with those of clients that are kept put back. */
  readonly files: readonly ClientFile[];
  /** Clients kept although their file is not in the directory. */
  readonly held: readonly Client[];
  /** Clients kept although the system could not read their file. */
  readonly unread: readonly Client[];
  /** Clients kept for a moment although their file is bad, with the time of {@link Standing.badSince}. */
  readonly doubted: ReadonlyMap<ClientName, number>;
}

/** @param now and @param graceMs milliseconds on one clock. */
export function keepClients(
  standings: Standings,
  reading: Pick<DirectoryReading, 'directory' | 'files'>,
  now: number,
  graceMs: number,
): Continued {
  const names = new Set(reading.files.map(({ name }) => name));
  const keys = new Set(reading.files.map((file) => (file.kind === 'key' ? file.publicKey.text : undefined)));
  const unread: Client[] = [];
  const doubted = new Map<ClientName, number>();

  const files = reading.files.map((file): ClientFile => {
    const standing = file.kind === 'key' ? undefined : standings.get(file.name as ClientName);
    if (standing === undefined) return file;
    if (file.kind === 'unreadable') {
      unread.push(standing.client);
      return asFile(standing.client);
    }
    const badSince = standing.badSince ?? now;
    if (now - badSince >= graceMs) return file;
    doubted.set(standing.client.name, badSince);
    return asFile(standing.client);
  });

  const held = [...standings.values()]
    .filter(({ client, seenIn }) => {
      const elsewhere = names.has(client.name) || keys.has(client.publicKey.text);
      return !elsewhere && !isSameDirectory(seenIn, reading.directory);
    })
    .map(({ client }) => client);

  const all = held.length === 0 ? files : [...files, ...held.map(asFile)].sort(byName);
  return { files: all, held, unread, doubted };
}

/** The standings after a reading, of the clients that were admitted from it. */
export function standingsAfter(
  clients: readonly Client[],
  { held, doubted }: Continued,
  directory: DirectoryIdentity,
  before: Standings,
): Standings {
  const away = new Set(held.map(({ name }) => name));
  return new Map(
    clients.map((client) => {
      const { name } = client;
      const seenIn = away.has(name) ? before.get(name)!.seenIn : directory;
      const badSince = doubted.get(name);
      return [name, badSince === undefined ? { client, seenIn } : { client, seenIn, badSince }];
    }),
  );
}

function byName(a: ClientFile, b: ClientFile): number {
  return a.name < b.name ? -1 : 1;
}

function asFile(client: Client): ClientFile {
  return { kind: 'key', ...client };
}

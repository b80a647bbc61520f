import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The kernel lists a socket that its process has closed under user 0, whoever that was: only an open one counts. */
const ESTABLISHED = '01';

/** Every socket of this host, of both families (proc(5)). */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/**
 * After a reading comes a rest of so many times as long, so that whoever fills the tables and asks makes the engine
 * spend a tenth of a core on them: the kernel needs 30 ms for five thousand connections.
 */
const REST = 9;
const LONGEST_REST_MS = 1_000;

/** By both ends of a socket as a table prints them, its own first. */
type Owners = ReadonlyMap<string, number>;

/**
 * The users who own the calling ends of connections between two processes of this host. All who ask before a reading
 * of the tables begins share it; who asks later may have connected later, and waits for the next.
 */
export class SocketOwners {
  #asked = new Set<string>();
  #next: Promise<Owners> | undefined;
  #rested: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly read = readTables,
    private readonly rest = (ms: number): Promise<unknown> => delay(ms, undefined, { ref: false }),
  ) {}

  /**
   * The owner of the socket whose local end is our remote end.
   * @returns the numeric user id, or undefined when no such socket is open (its process closed it, or the caller lives
   * in another network namespace).
   */
  async of(
    callerAddress: string,
    callerPort: number,
    ownAddress: string,
    ownPort: number,
  ): Promise<number | undefined> {
    const spellings = endsIn(callerAddress, callerPort).flatMap((local) =>
      endsIn(ownAddress, ownPort).map((remote) => `${local} ${remote}`),
    );
    for (const ends of spellings) this.#asked.add(ends);
    this.#next ??= this.#rested.then(() => this.#reading());
    const owners = await this.#next;
    return spellings.map((ends) => owners.get(ends)).find((uid) => uid !== undefined);
  }

  #reading(): Promise<Owners> {
    const asked = this.#asked;
    [this.#asked, this.#next] = [new Set(), undefined];
    const started = performance.now();
    const reading = this.read().then(
      (tables) => new Map(tables.flatMap((table) => [...ownersIn(table, asked)])),
    );
    this.#rested = reading.then(() =>
      this.rest(Math.min(LONGEST_REST_MS, REST * (performance.now() - started))),
    );
    return reading;
  }
}

function readTables(): Promise<readonly string[]> {
  return Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
}

/** Pure: the owners of those open connections in the text of a table that are asked for, by both ends. */
export function ownersIn(table: string, asked: ReadonlySet<string>): Map<string, number> {
  const owners = new Map<string, number>();
  // Line by line and once for all: to split a table of thousands of connections for each of them would be work and
  // garbage in the square of their number.
  for (let line = table.indexOf('\n') + 1; line > 0; line = table.indexOf('\n', line) + 1) {
    const local = table.indexOf(': ', line) + 2;
    const end = table.indexOf(' ', table.indexOf(' ', local) + 1);
    const ends = table.slice(local, end);
    if (!asked.has(ends) || !table.startsWith(` ${ESTABLISHED} `, end)) continue;
    const [, , , , uid] = table.slice(end + 1, table.indexOf('\n', end)).split(/\s+/);
    owners.set(ends, Number(uid));
  }
  return owners;
}

/** `address:port` as the kernel prints it: 32-bit words in host byte order (little-endian here), hexadecimal. */
export function endsIn(address: string, port: number): string[] {
  const portText = port.toString(16).toUpperCase().padStart(4, '0');
  if (isIPv4(address)) {
    const word = hexWord(address.split('.').map(Number));
    // A dual-stack socket lists the same address in its IPv4-mapped form.
    return [`${word}:${portText}`, `0000000000000000FFFF0000${word}:${portText}`];
  }
  if (address === '::1') return [`00000000000000000000000001000000:${portText}`];
  return [];
}

function hexWord(octets: readonly number[]): string {
  return [...octets]
    .reverse()
    .map((octet) => octet.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';

/** The kernel lists a socket that its process has closed under user 0, whoever that was: only an open one counts. */
const ESTABLISHED = '01';

/**
 * The user who owns the calling end of a connection between two processes of this host, from
 * `/proc/net/tcp` and `/proc/net/tcp6` (proc(5)): the socket whose local end is our remote end.
 *
 * @returns the numeric user id, or undefined when no such socket is open (its process closed it, or the caller lives
 * in another network namespace).
 */
export async function socketOwner(
  callerAddress: string,
  callerPort: number,
  ownAddress: string,
  ownPort: number,
): Promise<number | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'ascii').catch(() => '')),
  );
  const local = endsIn(callerAddress, callerPort);
  const remote = endsIn(ownAddress, ownPort);
  for (const table of tables) {
    const uid = ownerIn(table, local, remote);
    if (uid !== undefined) return uid;
  }
  return undefined;
}

/** Pure: looks one connection up in the text of a table. Each end is given in the spellings it may have there. */
export function ownerIn(
  table: string,
  local: readonly string[],
  remote: readonly string[],
): number | undefined {
  // Searched as one text: to split a table of thousands of connections for each of them is work and garbage
  // in the square of their number.
  for (const localEnd of local) {
    for (const remoteEnd of remote) {
      const found = table.indexOf(` ${localEnd} ${remoteEnd} ${ESTABLISHED} `);
      if (found === -1) continue;
      const [, , , , , , uid] = table.slice(found + 1, table.indexOf('\n', found)).split(/\s+/);
      return Number(uid);
    }
  }
  return undefined;
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

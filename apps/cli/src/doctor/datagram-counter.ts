import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '#errors';
import { runOrThrow, type Run } from '#host';

/** A table of its own, there while datagrams are awaited. */
const TABLE = 'banyan_doctor';
const COOKIE_BYTES = 16;
/** How long datagrams may be on their way, ms. */
const PATIENCE_MS = 2_000;
const INTERVAL_MS = 100;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface Counted {
  /** Seen before any rule of this host, and behind all that may drop them. */
  readonly arrived: number;
  readonly admitted: number;
}

/**
 * Counts datagrams that begin with a cookie where they come in and where they are let in, while some work makes them
 * come. The table decides nothing, and is removed however this ends; one that a killed run has left goes first.
 *
 * @param awaited how many, once that is known; counting ends when so many were let in.
 * @throws BanyanError `host` when there is no nftables here, or no right to use it.
 */
export async function countDatagrams<T>(
  run: Run,
  port: number,
  cookie: Uint8Array,
  work: () => Promise<{ readonly awaited: number; readonly answer: T }>,
): Promise<Counted & { readonly answer: T }> {
  // Not `once`: execa ends the process when it finds no other listener (`stopSignals` of #host).
  const onSignal = (): void => void remove(run).finally(() => process.exit(130));
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await runOrThrow(run, 'nft', ['-f', '-'], { input: counterTable(port, cookie) });
    const { awaited, answer } = await work();
    let counted = await read(run);
    for (
      const until = performance.now() + PATIENCE_MS;
      counted.admitted < awaited && performance.now() < until;
    ) {
      await delay(INTERVAL_MS);
      counted = await read(run);
    }
    return { ...counted, answer };
  } finally {
    await remove(run);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** @throws BanyanError `invalid` for a port or a cookie that is none: the text holds nothing unparsed. */
export function counterTable(port: number, cookie: Uint8Array): string {
  if (!Number.isInteger(port) || port < 1 || port > 65_535 || cookie.length !== COOKIE_BYTES)
    throw new BanyanError('invalid', 'datagrams are counted by a port and a cookie of 16 bytes');
  // Behind the eight bytes of the UDP header.
  const match = `udp dport ${port} @th,64,128 0x${Buffer.from(cookie).toString('hex')}`;
  return `${REMOVAL}table inet ${TABLE} {
  counter arrived { }
  counter admitted { }
  chain first { type filter hook prerouting priority -450; policy accept; ${match} counter name "arrived"; }
  chain last { type filter hook input priority 450; policy accept; ${match} counter name "admitted"; }
}
`;
}

/** `add` makes it succeed also where there is none. */
const REMOVAL = `add table inet ${TABLE}\ndelete table inet ${TABLE}\n`;

async function remove(run: Run): Promise<void> {
  await run('nft', ['-f', '-'], { input: REMOVAL });
}

async function read(run: Run): Promise<Counted> {
  const json = await runOrThrow(run, 'nft', ['-j', 'list', 'counters', 'table', 'inet', TABLE]);
  const { nftables } = JSON.parse(json) as {
    nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[];
  };
  const packets = (name: string): number =>
    nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0;
  return { arrived: packets('arrived'), admitted: packets('admitted') };
}

import type { Run } from '#host';

/** Seconds that an answer may take. */
const WAIT = 1;

/**
 * How long a packet takes to each host and back, microseconds; who does not answer is not among them.
 *
 * @param from address of this host to ask from.
 * @throws BanyanError `host` when `ping` is not installed or not allowed to this process.
 */
export async function roundTrips(
  run: Run,
  from: string,
  to: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const measured = await Promise.all(
    to.map(async (address) => {
      const args = ['-n', '-q', '-c', '1', '-W', String(WAIT), '-I', from, address];
      const { stdout } = await run('ping', args, { timeout: 2_000 * WAIT });
      return [address, parseRoundTrip(stdout)] as const;
    }),
  );
  return new Map(measured.flatMap(([address, time]) => (time === undefined ? [] : [[address, time]])));
}

/** Of the summary that ping(8) of iputils prints: `rtt min/avg/max/mdev = 0.036/0.036/0.036/0.000 ms`. */
export function parseRoundTrip(summary: string): number | undefined {
  const average = /^rtt min\/avg\/max\/mdev = [0-9.]+\/([0-9]+(?:\.[0-9]+)?)\//m.exec(summary)?.[1];
  // 0 means "not measured" to who reads it.
  return average === undefined ? undefined : Math.max(1, Math.round(Number(average) * 1_000));
}

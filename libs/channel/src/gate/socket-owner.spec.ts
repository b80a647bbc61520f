import { jest } from '@jest/globals';
import { endsIn, ownersIn, SocketOwners } from './socket-owner.js';

/** As `cat /proc/net/tcp` prints it: user 1000 calls 127.0.0.1:50051 from port 40000. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:C383 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0
   1: 0100007F:9C40 0100007F:C383 01 00000000:00000000 00:00000000 00000000  1000        0 12346 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:C383 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 12347 1 0000000000000000 20 4 30 10 -1
`;
/** The same connection where the caller's socket is a dual-stack one. */
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:C383 01 00000000:00000000 00:00000000 00000000  1001        0 1 1 0 20 4 30 10 -1
`;

const ownerIn = (table: string, local: string[], remote: string[]): number | undefined => {
  const asked = local.flatMap((localEnd) => remote.map((remoteEnd) => `${localEnd} ${remoteEnd}`));
  const owners = ownersIn(table, new Set(asked));
  expect(owners.size).toBeLessThanOrEqual(1);
  return [...owners.values()][0];
};

describe('ownersIn', () => {
  const caller = endsIn('127.0.0.1', 40_000);
  const engine = endsIn('127.0.0.1', 50_051);

  it("finds the user of the calling end, not of the engine's own end of the same connection", () => {
    expect(ownerIn(TCP, caller, engine)).toBe(1000);
    expect(ownerIn(TCP, engine, caller)).toBe(0);
  });

  it('finds an IPv4 connection of a dual-stack socket', () => {
    expect(ownerIn(TCP6, caller, engine)).toBe(1001);
  });

  it('knows no owner for a socket that its process has closed: the kernel lists it under root', () => {
    const closed = TCP.replace(/ 01 (.*) 1000 /, ' 05 $1    0 ');
    expect(closed).not.toBe(TCP);
    expect(ownerIn(closed, caller, engine)).toBeUndefined();
  });

  it('knows no owner for a connection that is not listed', () => {
    expect(ownerIn(TCP, endsIn('127.0.0.1', 40_001), engine)).toBeUndefined();
    expect(ownerIn('', caller, engine)).toBeUndefined();
    expect(ownerIn(TCP, endsIn('fe80::1', 40_000), engine)).toBeUndefined();
  });
});

describe('SocketOwners', () => {
  /** A host on which whoever asks about port 40000 is user 1000, and where readings and rests end when they are told to. */
  function host() {
    const readings: (() => void)[] = [];
    const rests: (() => void)[] = [];
    const owners = new SocketOwners(
      () => new Promise((resolve) => readings.push(() => resolve([TCP, TCP6]))),
      () => new Promise((resolve) => rests.push(() => resolve(undefined))),
    );
    const ask = (port: number): Promise<number | undefined> =>
      owners.of('127.0.0.1', port, '127.0.0.1', 50_051);
    return { readings, rests, ask };
  }
  const turn = (): Promise<unknown> => new Promise((resume) => setImmediate(resume));

  it('reads the tables once for all who ask before, and tells each of its own', async () => {
    const { readings, ask } = host();
    const answers = Promise.all(Array.from({ length: 100 }, (_, at) => ask(40_000 + at)));
    await turn();
    expect(readings).toHaveLength(1);
    readings[0]!();
    expect(await answers).toEqual([1000, ...new Array<undefined>(99).fill(undefined)]);
  });

  it('reads them anew for who asks during a reading, but not before the rest after it is over', async () => {
    const { readings, rests, ask } = host();
    const first = ask(40_001);
    await turn();
    const later = [ask(40_000), ask(40_000)];
    readings[0]!();
    expect(await first).toBeUndefined();
    await turn();
    expect([readings.length, rests.length]).toEqual([1, 1]);
    rests[0]!();
    await turn();
    expect(readings).toHaveLength(2);
    readings[1]!();
    expect(await Promise.all(later)).toEqual([1000, 1000]);
  });

  it('rests nine times as long as a reading took, and a second at most', async () => {
    const rests: number[] = [];
    const clock = jest.spyOn(performance, 'now');
    const owners = new SocketOwners(
      () => Promise.resolve([TCP]),
      (ms) => Promise.resolve(rests.push(ms)),
    );
    for (const took of [3, 30, 300]) {
      clock.mockReturnValueOnce(1_000).mockReturnValueOnce(1_000 + took);
      await owners.of('127.0.0.1', 40_000, '127.0.0.1', 50_051);
      await turn();
    }
    clock.mockRestore();
    expect(rests).toEqual([27, 270, 1_000]);
  });
});

import { endsIn, ownerIn } from './socket-owner.js';

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

describe('ownerIn', () => {
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

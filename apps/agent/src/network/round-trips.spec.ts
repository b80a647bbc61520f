import { parseRoundTrip } from './round-trips.js';

const summary = (times: string) => `PING 10.201.1.1 (10.201.1.1) from 10.201.2.1 : 56(84) bytes of data.

--- 10.201.1.1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time 0ms
rtt min/avg/max/mdev = ${times} ms
`;

describe('what ping says', () => {
  it('is a round trip in microseconds', () => {
    expect(parseRoundTrip(summary('0.410/0.410/0.410/0.000'))).toBe(410);
    expect(parseRoundTrip(summary('1234.5/1234.5/1234.5/0.000'))).toBe(1_234_500);
  });

  it('is at least one where there was an answer, for 0 means none', () => {
    expect(parseRoundTrip(summary('0.000/0.000/0.000/0.000'))).toBe(1);
  });

  it('is nothing without an answer', () => {
    expect(parseRoundTrip('1 packets transmitted, 0 received, 100% packet loss, time 0ms\n')).toBeUndefined();
    expect(parseRoundTrip('')).toBeUndefined();
  });
});

import { ipBatchLine, isAlreadyGone, parseBatchFailures, type IpChange } from './ip-batch.js';

const reason = '';

describe('a line for `ip -batch`', () => {
  it.each<[IpChange, string]>([
    [{ kind: 'set-mtu', mtu: 1380, reason }, 'link set dev wg0 mtu 1380'],
    [{ kind: 'set-up', reason }, 'link set dev wg0 up'],
    [{ kind: 'add-address', address: '10.0.0.1/32', reason }, 'address replace 10.0.0.1/32 dev wg0'],
    [{ kind: 'remove-address', address: 'fd00::1/64', reason }, 'address delete fd00::1/64 dev wg0'],
    [
      { kind: 'add-route', route: { destination: '10.0.0.0/8' }, reason },
      'route add 10.0.0.0/8 dev wg0 proto 201',
    ],
    [
      { kind: 'remove-route', route: { destination: '10.0.0.0/8', source: '10.0.0.1' }, reason },
      'route delete 10.0.0.0/8 dev wg0 src 10.0.0.1',
    ],
  ])('for %j is %s', (change, line) => {
    expect(ipBatchLine('wg0', change)).toBe(line);
  });

  it.each<IpChange>([
    { kind: 'add-address', address: '10.0.0.1/32\nlink delete eth0', reason },
    { kind: 'add-route', route: { destination: '10.0.0.0/8 dev eth0' }, reason },
    { kind: 'add-route', route: { destination: '10.0.0.0/8', source: '10.0.0.1 table 7' }, reason },
  ])('lets nothing in that is not an address: %j', (change) => {
    expect(() => ipBatchLine('wg0', change)).toThrow();
  });
});

describe('what `ip -force -batch` says', () => {
  it('tells which lines failed and why', () => {
    const stderr = [
      'RTNETLINK answers: No such process',
      'Command failed -:1',
      'Error: Invalid prefsrc address.',
      'Command failed -:6',
      'Command failed -:7',
    ].join('\n');
    expect(parseBatchFailures(stderr)).toEqual([
      { index: 0, message: 'RTNETLINK answers: No such process' },
      { index: 5, message: 'Error: Invalid prefsrc address.' },
      { index: 6, message: 'no reason given' },
    ]);
  });

  it.each([
    'RTNETLINK answers: No such process',
    'Error: ipv4: Address not found.',
    'RTNETLINK answers: Cannot assign requested address',
  ])('is no failure of a removal when it is %s', (message) => {
    expect(isAlreadyGone({ kind: 'remove-address', address: '10.0.0.1/32', reason }, message)).toBe(true);
    expect(
      isAlreadyGone({ kind: 'remove-route', route: { destination: '10.0.0.0/8' }, reason }, message),
    ).toBe(true);
    expect(isAlreadyGone({ kind: 'add-route', route: { destination: '10.0.0.0/8' }, reason }, message)).toBe(
      false,
    );
  });
});

import { pathOf, plainAddress } from './path.js';

describe('pathOf', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', 'loopback'],
    ['::1', '::1', 'loopback'],
    ['192.0.2.1', '192.0.2.1', 'loopback'],
    ['10.200.0.1', '10.200.0.1', 'loopback'],
    ['10.200.0.1', '10.200.163.236', 'tunnel'],
    // Somebody on the LAN with an address of the tunnel's network is not in the tunnel.
    ['192.0.2.1', '10.200.163.236', 'direct'],
    // Nor is somebody on the LAN who reaches the engine's tunnel address.
    ['10.200.0.1', '192.0.2.7', 'direct'],
    ['192.0.2.1', '192.0.2.7', 'direct'],
    ['2001:db8::1', '2001:db8::7', 'direct'],
  ])('says of %s called from %s: %s', (local, remote, path) => {
    expect(pathOf(local, remote)).toBe(path);
  });
});

describe('plainAddress', () => {
  it.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.7'],
    ['::1', '::1'],
    ['::ffff:zz', '::ffff:zz'],
  ])('writes %s as %s', (given, expected) => {
    expect(plainAddress(given)).toBe(expected);
  });
});

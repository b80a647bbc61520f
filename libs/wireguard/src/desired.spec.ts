import { canonicalDevice } from './desired.js';
import type { DesiredDevice } from './device.js';
import { sampleDevice, sampleKey, samplePublicKey } from './testing/sample-device.js';

const [one, two] = [samplePublicKey(1), samplePublicKey(2)];

describe('a desired device', () => {
  it('has one text for every value', () => {
    const device = canonicalDevice(
      sampleDevice({
        addresses: ['10.200.0.1', '10.200.0.1/32'],
        peers: [{ publicKey: one, allowedIps: ['10.201.1.7/24', '10.201.1.0/24'], persistentKeepalive: 0 }],
        routes: [{ destination: '10.201.1.7/24', source: 'FD00::1' }],
      }),
    );
    expect(device.addresses).toEqual(['10.200.0.1/32']);
    expect(device.peers).toEqual([{ publicKey: one, allowedIps: ['10.201.1.0/24'] }]);
    expect(device.routes).toEqual([{ destination: '10.201.1.0/24', source: 'fd00::1' }]);
  });

  it.each<[string, Partial<DesiredDevice>]>([
    ['cannot be the name', { name: '../etc' }],
    ['listen port is 0', { listenPort: 0 }],
    ['listen port is 65536', { listenPort: 65_536 }],
    ['MTU is 67', { mtu: 67 }],
    ['MTU is NaN', { mtu: NaN }],
    ['keepalive is 1.5', { peers: [{ publicKey: one, allowedIps: [], persistentKeepalive: 1.5 }] }],
    ['not the endpoint', { peers: [{ publicKey: one, allowedIps: [], endpoint: 'engine.example:1' }] }],
    ['key of wg-control itself', { peers: [{ publicKey: sampleKey(1).publicKey, allowedIps: [] }] }],
    [
      'listed twice',
      {
        peers: [
          { publicKey: one, allowedIps: [] },
          { publicKey: one, allowedIps: [] },
        ],
      },
    ],
    [
      '10.201.1.0/24 is claimed by the peers',
      {
        peers: [
          { publicKey: one, allowedIps: ['10.201.1.0/24'] },
          { publicKey: two, allowedIps: ['10.201.1.7/24'] },
        ],
      },
    ],
    [
      'routed twice',
      { routes: [{ destination: '10.0.0.1' }, { destination: '10.0.0.1/32', source: '10.9.9.9' }] },
    ],
  ])('is refused where its %s', (message, changes) => {
    expect(() => canonicalDevice(sampleDevice(changes))).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});

import { samplePublicKey } from '../testing/sample-device.js';
import { wgConfig } from './wg-config.js';

const [one, two] = [samplePublicKey(1), samplePublicKey(2)];

describe('the configuration of peers', () => {
  it('names what is set, and says that a keepalive is off', () => {
    const text = wgConfig([
      {
        publicKey: one,
        endpoint: '[2001:DB8::1]:9',
        allowedIps: ['10.1.0.7/24', 'fd00::1'],
        persistentKeepalive: 25,
      },
      { publicKey: two, allowedIps: [] },
    ]);
    expect(text).toBe(
      `[Peer]\nPublicKey = ${one.text}\nEndpoint = [2001:db8::1]:9\nAllowedIPs = 10.1.0.0/24, fd00::1/128\nPersistentKeepalive = 25\n` +
        `[Peer]\nPublicKey = ${two.text}\nPersistentKeepalive = off\n`,
    );
  });

  it('lets nothing in that could begin another line', () => {
    expect(() => wgConfig([{ publicKey: one, allowedIps: ['10.0.0.1/32\nPrivateKey = x'] }])).toThrow();
    expect(() =>
      wgConfig([{ publicKey: one, allowedIps: [], endpoint: '1.2.3.4:5\n[Interface]' }]),
    ).toThrow();
  });
});

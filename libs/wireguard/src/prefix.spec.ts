import fc from 'fast-check';
import { canonicalAddress, canonicalIp, canonicalNetwork } from './prefix.js';

describe('a prefix', () => {
  it.each([
    ['10.200.0.1', '10.200.0.1/32'],
    ['10.200.0.1/16', '10.200.0.1/16'],
    ['fd00:0:0::1', 'fd00::1/128'],
    ['FD00::00AB/64', 'fd00::ab/64'],
    ['::/0', '::/0'],
  ])('of an address, %s, is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    ['10.201.7.9/24', '10.201.7.0/24'],
    ['10.201.255.255/17', '10.201.128.0/17'],
    ['255.255.255.255/31', '255.255.255.254/31'],
    ['10.201.7.9/32', '10.201.7.9/32'],
    ['1.2.3.4/0', '0.0.0.0/0'],
    ['fd00:1:2:3:4:5:6:7/48', 'fd00:1:2::/48'],
    ['fd00:ffff::1/20', 'fd00:f000::/20'],
    ['ffff:ffff::/127', 'ffff:ffff::/127'],
    ['::1/0', '::/0'],
    ['::ffff:10.1.2.3/120', '::ffff:10.1.2.0/120'],
  ])('of a network, %s, is %s', (text, canonical) => {
    expect(canonicalNetwork(text)).toBe(canonical);
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.1/33',
    '10.0.0.1/-1',
    '10.0.0.1/08',
    '10.0.0.1/',
    '10.0.0.1/24/24',
    '010.0.0.1',
    '10.0.0.1 dev eth0',
    '10.0.0.1/32\nroute flush',
    'fd00::1/129',
    'fe80::1%eth0',
    'engine.example',
  ])('refuses %j', (text) => {
    expect(() => canonicalNetwork(text)).toThrow(expect.objectContaining({ kind: 'invalid' }) as Error);
    expect(() => canonicalAddress(text)).toThrow(expect.objectContaining({ kind: 'invalid' }) as Error);
  });

  it('in its one text stays as it is', () => {
    const prefix = fc.oneof(
      fc.tuple(fc.ipV4(), fc.nat(32)).map(([ip, length]) => `${ip}/${length}`),
      fc.tuple(fc.ipV6(), fc.nat(128)).map(([ip, length]) => `${ip}/${length}`),
    );
    fc.assert(
      fc.property(prefix, (text) => {
        expect(canonicalNetwork(canonicalNetwork(text))).toBe(canonicalNetwork(text));
        expect(canonicalAddress(canonicalAddress(text))).toBe(canonicalAddress(text));
        expect(canonicalNetwork(canonicalAddress(text))).toBe(canonicalNetwork(text));
      }),
    );
  });

  it('refuses a source address with a length', () => {
    expect(() => canonicalIp('10.0.0.1/32')).toThrow('is not an IP address');
  });
});

import { addressOf, canonicalEndpoint } from './endpoint.js';

describe('an endpoint', () => {
  it('has an address, also one of IPv6', () => {
    expect(['203.0.113.7:1', '[2001:db8::7]:1'].map(addressOf)).toEqual(['203.0.113.7', '2001:db8::7']);
  });

  it.each([
    ['203.0.113.7:51820', '203.0.113.7:51820'],
    ['[2001:DB8:0::7]:1', '[2001:db8::7]:1'],
    ['[fe80::1%eth0]:65535', '[fe80::1%eth0]:65535'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalEndpoint(text)).toBe(canonical);
  });

  it.each([
    'engine.example:51821',
    '203.0.113.7',
    '203.0.113.7:0',
    '203.0.113.7:65536',
    '203.0.113.7:51820\nPostUp = id',
    '2001:db8::7:51820',
    '[203.0.113.7]:51820',
    '[2001:db8::7%a\nb]:1',
    '1.2.3:4',
    '',
  ])('refuses %j', (text) => {
    expect(() => canonicalEndpoint(text)).toThrow(expect.objectContaining({ kind: 'invalid' }) as Error);
  });
});

import { createHash } from 'node:crypto';
import { PublicKey, tunnelAddress, type TunnelAddress } from './index.js';
import { generateKey } from './generate.js';

/** The rule takes any text; a zero key is in its published vectors though no component accepts one. */
function addressOf(text: string): TunnelAddress {
  return tunnelAddress({ text } as PublicKey);
}

describe('tunnelAddress', () => {
  it.each([
    ['ZwlhPtN5dWw4TRSOkrUhjwC4w1jtABOnFUgVEdHImi8=', '10.200.163.236'],
    ['A'.repeat(43) + '=', '10.200.81.100'],
  ])('gives %s its published address', (text, address) => {
    expect(addressOf(text)).toBe(address);
  });

  it('depends on the key alone', () => {
    const key = generateKey().publicKey;
    expect(tunnelAddress(PublicKey.parse(key.text))).toBe(tunnelAddress(key));
  });

  it("steps over the network's own address and the engine's", () => {
    const found = new Set<number>();
    for (let i = 0; found.size < 2 && i < 2_000_000; i++) {
      const text = `candidate ${i}`;
      const hash = createHash('sha256').update(text).digest();
      if (hash[0] !== 0 || hash[1]! > 1) continue;
      found.add(hash[1]!);
      expect(addressOf(text)).toBe(`10.200.0.${hash[1]! + 2}`);
    }
    expect([...found].sort()).toEqual([0, 1]);
  });
});

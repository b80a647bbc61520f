import { x25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { isLowOrder } from './low-order.js';

const P = 2n ** 255n - 19n;
const ORDER_8 = [
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];
const LOW_ORDER = [0n, 1n, ...ORDER_8, P - 1n, P, P + 1n];

const encode = (u: bigint): Uint8Array =>
  Uint8Array.from(Buffer.from(u.toString(16).padStart(64, '0'), 'hex')).reverse();
const scalar = new Uint8Array(32).fill(0x42);

describe('low-order points', () => {
  it.each(LOW_ORDER.flatMap((u) => [u, u + 2n ** 255n]))('knows %d, which X25519 multiplies to zero', (u) => {
    expect(isLowOrder(encode(u))).toBe(true);
    expect(() => x25519.getSharedSecret(scalar, encode(u))).toThrow();
  });

  it('agrees with X25519 itself on any 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        let zero = false;
        try {
          x25519.getSharedSecret(scalar, bytes);
        } catch {
          zero = true;
        }
        expect(isLowOrder(bytes)).toBe(zero);
      }),
      { numRuns: 50 },
    );
  });
});

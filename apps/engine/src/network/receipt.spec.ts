import { receiptText } from './receipt.js';

const names = (count: number) => Array.from({ length: count }, (_, n) => `worker-${n}`);

describe('a receipt', () => {
  it('counts who has applied', () => {
    const receipt = { applied: names(11), pending: [], offline: [], milliseconds: 140 };
    expect(receiptText(receipt)).toBe('11/11 online agents applied in 140 ms');
  });

  it('says so of a key that was not revoked, and left the network by its role', () => {
    const receipt = { applied: ['a'], pending: [], offline: [], milliseconds: 3 };
    expect(receiptText(receipt)).toBe('1/1 online agents applied in 3 ms');
  });

  it('names who has not, and tells who could not from who should have', () => {
    const receipt = { applied: [], pending: ['slow'], offline: ['away', 'gone'], milliseconds: 5_000 };
    expect(receiptText(receipt)).toBe(
      '0/1 online agents applied in 5000 ms; 2 offline: away, gone (apply on return); no answer from slow',
    );
  });
});

import { receiptText } from './receipt.js';

const GONE = { refused: [], published: false };
const names = (count: number) => Array.from({ length: count }, (_, n) => `worker-${n}`);

describe('a receipt', () => {
  it('counts who has applied', () => {
    const receipt = { applied: names(11), pending: [], offline: [], ...GONE, milliseconds: 140 };
    expect(receiptText(receipt)).toBe('11/11 online agents applied in 140 ms');
  });

  it('names who has not, and tells who could not from who should have', () => {
    const receipt = {
      ...{ applied: [], pending: ['slow'], offline: ['away', 'gone'], ...GONE },
      milliseconds: 5_000,
    };
    expect(receiptText(receipt)).toBe(
      '0/1 online agents applied in 5000 ms; 2 offline: away, gone (apply on return); no answer from slow',
    );
  });

  it('counts nobody while the key is in the network that agents are told of', () => {
    const receipt = { ...GONE, applied: [], pending: ['a'], offline: [], published: true, milliseconds: 9 };
    expect(receiptText(receipt)).toBe(
      'after 9 ms the engine still tells agents of its key, and none has taken it out',
    );
  });

  it('gives the reason of whoever has answered and not applied it, and calls nobody else silent for it', () => {
    const refused = [
      { name: 'b', why: 'a route is in the way' },
      { name: 'c', why: 'the disk is full' },
    ];
    const pending = ['a', 'b', 'c'];
    const receipt = { ...GONE, applied: [], pending, offline: [], refused, milliseconds: 5_000 };
    expect(receiptText(receipt)).toBe(
      '0/3 online agents applied in 5000 ms; no answer from a; b has not, as it says: a route is in the way; c has not, as it says: the disk is full',
    );
    expect(receiptText({ ...receipt, pending: ['b', 'c'] })).not.toContain('no answer');
  });
});

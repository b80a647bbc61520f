import fc from 'fast-check';
import { checkTransaction } from '../store/transaction.js';
import { batchesOf } from './batches.js';

it('operations are divided into transactions that a store accepts, in their order and without one lost', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 1024 * 1024 }), { maxLength: 4 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 300 }), (large, small) => {
      const operations = [...large, ...Array.from({ length: small }, () => 1)].map(
        (size, n) => ({ kind: 'put', key: `k${n}`, value: 'x'.repeat(size) }) as const,
      );
      const batches = batchesOf(operations);
      expect(batches.flat()).toEqual(operations);
      for (const batch of batches) checkTransaction([], batch);
    }),
    { numRuns: 30 },
  );
});

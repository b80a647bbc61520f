import type { Operation } from '../store/store.js';
import { MAX_OPERATIONS, MAX_VALUE_BYTES } from '../store/transaction.js';

/** The operations, in their order, in as many parts as a transaction each can carry out. */
export function batchesOf(operations: readonly Operation[]): Operation[][] {
  const batches: Operation[][] = [];
  let bytes = Infinity;
  for (const operation of operations) {
    const size = operation.kind === 'put' ? Buffer.byteLength(operation.value) : 0;
    const last = batches.at(-1);
    if (last === undefined || last.length >= MAX_OPERATIONS || bytes + size > MAX_VALUE_BYTES) {
      batches.push([operation]);
      bytes = size;
    } else {
      last.push(operation);
      bytes += size;
    }
  }
  return batches;
}

import type { Compare, Operation } from '../store.js';
import type { Image } from './image.js';

export interface Transaction {
  readonly compares: readonly Compare[];
  readonly operations: readonly Operation[];
}

export interface Committed {
  readonly image: Image;
  /** Whether the compares of each transaction held, in order. */
  readonly held: readonly boolean[];
  /** Keys put or deleted. */
  readonly changed: readonly string[];
}

/** What becomes of `before` when these transactions are carried out one after the other. */
export function commit(before: Image, transactions: readonly Transaction[]): Committed {
  const entries = new Map(before.entries);
  const changed = new Set<string>();
  let revision = before.revision;
  const held = transactions.map(({ compares, operations }) => {
    if (!compares.every((compare) => (entries.get(compare.key)?.revision ?? 0) === compare.revision))
      return false;
    const effective = operations.filter(({ kind, key }) => kind === 'put' || entries.has(key));
    if (effective.length > 0) revision += 1;
    for (const operation of effective) {
      changed.add(operation.key);
      if (operation.kind === 'delete') entries.delete(operation.key);
      else entries.set(operation.key, { key: operation.key, value: operation.value, revision });
    }
    return true;
  });
  return { image: { revision, entries }, held, changed: [...changed] };
}

import { BanyanError } from '#errors';
import type { Compare, Operation, Store } from '../store.js';

/** There while a backup is put into the store. */
export const RESTORING_KEY = 'engine/restoring';

/** `waiting`: nothing is changed yet, and an engine that starts calls it off. `writing`: the store is neither old nor new. */
export type RestoringState = 'waiting' | 'writing';

/**
 * What an engine that starts has to add to its first transaction, so that it never runs on a store that is
 * half restored, and no restore begins under it.
 *
 * @throws BanyanError `conflict` when a restore has begun to write.
 */
export async function callOffRestore(
  store: Store,
): Promise<{ compare: Compare; operations: readonly Operation[] }> {
  const found = await store.get(RESTORING_KEY);
  if (found?.value === 'writing') {
    throw new BanyanError('conflict', 'a backup is being restored into the store, or was and did not end', {
      remedy: 'Wait for it to end; if it was cut off, run the same `banyan-engine restore` again.',
    });
  }
  return {
    compare: { key: RESTORING_KEY, revision: found?.revision ?? 0 },
    operations: found ? [{ kind: 'delete', key: RESTORING_KEY }] : [],
  };
}

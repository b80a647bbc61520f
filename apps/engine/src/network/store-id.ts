import { randomUUID } from 'node:crypto';
import { BanyanError } from '#errors';

/** Where a store says of itself which it is. */
export const STORE_ID_KEY = 'network/store';

/**
 * Which store it is: one history of changes. A store that goes on from an earlier moment has another history
 * from there on, and so becomes another store.
 */
export interface StoreId {
  /** Random, made with the store. */
  readonly id: string;
  /** Of engines on it, until now. */
  readonly starts: number;
}

export function newStoreId(): StoreId {
  return { id: randomUUID(), starts: 0 };
}

/** Another store, that counts on from the furthest of these. */
export function branchedFrom(...histories: readonly StoreId[]): StoreId {
  return { id: randomUUID(), starts: Math.max(0, ...histories.map(({ starts }) => starts)) };
}

/** Whether what is here now is from before what was seen. */
export function wentBack(now: StoreId, seen: StoreId | undefined): boolean {
  return now.id === seen?.id && now.starts < seen.starts;
}

export function encodeStoreId({ id, starts }: StoreId): string {
  return JSON.stringify({ id, starts });
}

/** @returns undefined for anything that {@link encodeStoreId} did not write. */
export function tryDecodeStoreId(value: string): StoreId | undefined {
  try {
    const { id, starts } = JSON.parse(value) as Record<string, unknown>;
    if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id)) return undefined;
    return Number.isSafeInteger(starts) && (starts as number) >= 0
      ? { id, starts: starts as number }
      : undefined;
  } catch {
    return undefined;
  }
}

/** @throws BanyanError `host`. */
export function decodeStoreId(value: string): StoreId {
  const decoded = tryDecodeStoreId(value);
  if (decoded) return decoded;
  throw new BanyanError('host', `the store's ${STORE_ID_KEY} is damaged`, {
    remedy: 'Put a backup in its place: `banyan-engine restore --force --file FILE`.',
  });
}

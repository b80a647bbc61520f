import type { Compare, Operation } from './store.js';

/** etcd's default `--max-txn-ops`. */
export const MAX_OPERATIONS = 128;
/** Bytes of UTF-8 in all values of a transaction; etcd's default limit for a request is 1.5 MiB. */
export const MAX_VALUE_BYTES = 1024 * 1024;

const KEY = /^[\x21-\x7e]{1,512}$/;

/**
 * What every adapter accepts, so that none takes what another would refuse. A failure is a fault of the
 * calling code, hence no BanyanError.
 */
export function checkTransaction(compares: readonly Compare[], operations: readonly Operation[]): void {
  if (operations.length > MAX_OPERATIONS || compares.length > MAX_OPERATIONS) {
    throw new RangeError(`a transaction has at most ${MAX_OPERATIONS} compares and as many operations`);
  }
  for (const { key, revision } of compares) {
    checkKey(key);
    if (!Number.isSafeInteger(revision) || revision < 0) throw new RangeError(`${revision} is no revision`);
  }
  const changed = new Set<string>();
  let bytes = 0;
  for (const operation of operations) {
    checkKey(operation.key);
    if (changed.has(operation.key)) throw new RangeError('a transaction changes a key once');
    changed.add(operation.key);
    if (operation.kind === 'delete') continue;
    const encoded = Buffer.from(operation.value);
    if (encoded.toString() !== operation.value) throw new RangeError('a value is well-formed Unicode');
    bytes += encoded.length;
  }
  if (bytes > MAX_VALUE_BYTES) throw new RangeError(`a transaction has at most ${MAX_VALUE_BYTES} bytes`);
}

function checkKey(key: string): void {
  if (!KEY.test(key)) throw new RangeError('a key is 1 to 512 printable ASCII characters without spaces');
}

const awaited = new Map<symbol, string>();

/**
 * Names what is waited for while it lasts, so that whoever loses patience with this process can say what for.
 *
 * @param what completes "waiting for …".
 */
export async function awaiting<T>(what: string, work: PromiseLike<T>): Promise<T> {
  const entry = Symbol(what);
  awaited.set(entry, what);
  try {
    return await work;
  } finally {
    awaited.delete(entry);
  }
}

/** What is waited for now, each once, the longest wait first. */
export function awaitedNow(): string[] {
  return [...new Set(awaited.values())];
}

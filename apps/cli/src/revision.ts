const PER_START = 2 ** 32;

/** A revision as people compare it: `3.17` is the 17th since the third start of the engine; `-` is none. */
export function shownRevision(revision: number): string {
  return revision === 0 ? '-' : `${Math.floor(revision / PER_START)}.${revision % PER_START}`;
}

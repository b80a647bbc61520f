import { messageOf } from '#errors';

/** Why nothing was reached there. */
export interface Failed {
  /** Address and port. */
  readonly at: string;
  /** What {@link dial} threw. */
  readonly error: unknown;
}

/** In one sentence: paths that failed for the same reason are named together. */
export function unreached(failed: readonly Failed[]): string {
  const places = new Map<string, string[]>();
  for (const { at, error } of failed) {
    const why = messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    places.set(why, [...(places.get(why) ?? []), at]);
  }
  return Array.from(places, ([why, at]) => `no engine reached at ${at.join(' or ')}: ${why}`).join('; ');
}

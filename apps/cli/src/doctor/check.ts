import { asBanyanError } from '#errors';

/**
 * A doctor is a list of checks; each looks at one thing that can be wrong and changes nothing. Checks ask this host by
 * way of probes (`probes.ts`), so that a test can hand them a broken one. Read this file first.
 */
export type State = 'ok' | 'warn' | 'fail';

/** How a finding begins whose check could not do its work. */
export const NOT_LOOKED = 'could not be looked at';

/** What a check found. */
export interface Finding {
  readonly state: State;
  /** What it means, in a sentence. */
  readonly detail: string;
  /** The command that mends it; one a line. Absent where nothing is wrong, or no command helps. */
  readonly remedy?: string;
}

/** @typeParam P what it asks of the host. */
export interface Check<P> {
  readonly name: string;
  /** For the documentation: what is looked at, and what it means when it is not so. */
  readonly about: string;
  /** For the documentation: what mends it, in general. */
  readonly mend: string;
  run(probes: P): Promise<Finding>;
}

export interface Examined extends Finding {
  readonly check: string;
}

/** Longer than every time-out within a check, and short enough that all of them, at once, end within twenty seconds. */
const LIMIT_MS = 17_000;

export const ok = (detail: string): Finding => ({ state: 'ok', detail });
export const warn = (detail: string, remedy?: string): Finding => found('warn', detail, remedy);
export const fail = (detail: string, remedy?: string): Finding => found('fail', detail, remedy);

function found(state: State, detail: string, remedy: string | undefined): Finding {
  return { state, detail, ...(remedy === undefined ? {} : { remedy }) };
}

/**
 * Runs all checks at once, and tells of each in the order of the list as soon as it and those before it are done.
 * Never rejects: a check that breaks or takes too long is a finding.
 */
export async function examine<P>(
  checks: readonly Check<P>[],
  probes: P,
  tell: (examined: Examined) => void,
  limitMs = LIMIT_MS,
): Promise<readonly Examined[]> {
  const running = checks.map((check) => look(check, probes, limitMs));
  const all: Examined[] = [];
  for (const one of running) {
    const examined = await one;
    all.push(examined);
    tell(examined);
  }
  return all;
}

async function look<P>(check: Check<P>, probes: P, limitMs: number): Promise<Examined> {
  const { promise: late, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(
    () => resolve(warn(`${NOT_LOOKED}: it took more than ${limitMs / 1_000} s`)),
    limitMs,
  );
  try {
    return { check: check.name, ...(await Promise.race([check.run(probes), late])) };
  } catch (error) {
    const { message, remedy } = asBanyanError(error);
    return { check: check.name, ...warn(`${NOT_LOOKED}: ${message}`, remedy) };
  } finally {
    clearTimeout(timer);
  }
}

import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** Milliseconds; 60 s when absent: when to give up on a slow machine, and not what is expected. */
  readonly timeout?: number;
  /** Completes "gave up waiting until …". */
  readonly what?: string;
}

/**
 * Asks again and again, every 50 ms, until the answer is truthy, and returns that answer. A condition that
 * throws counts as not yet.
 *
 * @throws Error after the timeout, with what was waited for and the last answer or error.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeout = 60_000, what = condition.toString() }: UntilOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeout;
  for (;;) {
    let last: string;
    let cause: unknown;
    try {
      const answer = await condition();
      if (answer) return answer;
      last = `the last answer was ${JSON.stringify(answer)}`;
    } catch (error) {
      cause = error;
      last = `the last attempt failed: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() >= deadline) {
      throw new Error(`gave up after ${timeout} ms waiting until ${what}; ${last}`, { cause });
    }
    await delay(50);
  }
}

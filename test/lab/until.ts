import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** Milliseconds; 60 s when absent: when to give up on a slow machine, and not what is expected. */
  readonly timeout?: number;
  /** Completes "gave up waiting until …". */
  readonly what?: string;
}

/**
 * Asks again and again, every 50 ms, until the answer is truthy, and returns that answer. A condition that
 * throws counts as not yet. One that takes longer than the timeout by itself is given up, so that all is over within
 * twice the timeout; each may take as long, since the last look is worth most where the machine has stood still.
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
      const answer = await inTime(condition, timeout);
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

/** Waits until this throws no more, as `expect` does; the rest is as for {@link until}. */
export async function untilHolds(
  expectations: () => unknown,
  { what = expectations.toString(), ...options }: UntilOptions = {},
): Promise<void> {
  const hold = async () => {
    await expectations();
    return true;
  };
  await until(hold, { what, ...options });
}

/** How it ends later is nobody's concern. */
async function inTime<T>(condition: () => T | Promise<T>, timeout: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeout} ms`)), timeout);
  });
  try {
    return await Promise.race([condition(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Where people read what is going on: standard error. */
export interface Progress {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Takes away the line that is there. */
export const WIPE = '\r\x1b[K';
const EVERY_MS = 1_000;

/**
 * Says of what takes longer than a second that it goes on, and for how long; in one line, which is wiped. On a
 * terminal only: a pipe or a log has no use for it. Who writes there meanwhile begins with {@link WIPE}.
 *
 * @param what is done, as `Asking the engine`.
 */
export async function whileWaiting<T>(
  what: string,
  work: Promise<T>,
  to: Progress = process.stderr,
): Promise<T> {
  if (!to.isTTY) return work;
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    to.write(`${WIPE}${`${what}: ${seconds} s`.slice(0, (to.columns || 80) - 1)}`);
  }, EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (seconds > 0) to.write(WIPE);
  }
}

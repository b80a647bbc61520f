import pRetry from 'p-retry';
import { pause } from '#host';

/** For ever; the longest pause is short enough that an agent appears soon after it was whitelisted. */
const BACKOFF = { retries: Number.POSITIVE_INFINITY, minTimeout: 200, maxTimeout: 3_000 };
/** Added to every pause, because p-retry's own jitter ends at `maxTimeout` and agents must not come back in step. */
const JITTER_MS = 2_000;

/**
 * Does this again and again: at once when it succeeds, and after a failure when a pause is over, which is longer the
 * more failures came in a row, and never quite that of another agent. Ends when it is told to stop.
 */
export async function untilStopped(attempt: () => Promise<void>, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await pRetry(attempt, {
      ...BACKOFF,
      signal: stop,
      onFailedAttempt: ({ attemptNumber: failures }) =>
        pause(Math.random() * Math.min(JITTER_MS, failures * BACKOFF.minTimeout), stop),
    }).catch(() => undefined);
  }
}

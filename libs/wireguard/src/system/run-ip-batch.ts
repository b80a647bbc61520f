import type { Run } from '#host';
import { parseBatchFailures, type BatchFailure } from './ip-batch.js';
import { needsRoot } from './needs-root.js';

/** Ten thousand routes take some seconds. */
const TIMEOUT = 60_000;

/**
 * Carries out the lines in one process, all of them whether or not some fail. The lines must be made of parsed
 * values.
 *
 * @returns the lines that failed.
 * @throws BanyanError `host` without the right to change anything.
 */
export async function runIpBatch(run: Run, lines: readonly string[]): Promise<BatchFailure[]> {
  const { exitCode, stderr } = await run('ip', ['-force', '-batch', '-'], {
    input: lines.join('\n') + '\n',
    timeout: TIMEOUT,
  });
  if (exitCode === 0) return [];
  if (/Operation not permitted/.test(stderr)) throw needsRoot();
  const failures = parseBatchFailures(stderr);
  const [message] = stderr.trim().split('\n', 1);
  return failures.length > 0 ? failures : [{ index: 0, message: message || 'no reason given' }];
}

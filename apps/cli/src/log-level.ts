import type { LogLevelRequest, LogLevelResponse } from '#protocol';
import { parseDuration, shownDuration } from './duration.js';
import { UsageError } from './usage-error.js';

/** @throws UsageError */
export function logLevelRequest(flags: {
  readonly set?: string | undefined;
  readonly for?: string | undefined;
}): LogLevelRequest {
  if (flags.for !== undefined && flags.set === undefined)
    throw new UsageError('--for says how long a level lasts, and there is none', '--set=debug --for=10m');
  return {
    level: flags.set ?? '',
    forMs: flags.for === undefined ? 0 : parseDuration(flags.for, 'for'),
  };
}

export function logLevelText({ level, configured, backInMs }: LogLevelResponse): string {
  const then = `${configured} is configured`;
  if (backInMs > 0) return `The level of the log is ${level}, for ${shownDuration(backInMs)}; ${then}.`;
  return level === configured
    ? `The level of the log is ${level}.`
    : `The level of the log is ${level}, until the next start; ${then}.`;
}

export function logLevelJson({ level, configured, backInMs }: LogLevelResponse): unknown {
  return { level, configured, back_in_ms: backInMs === 0 ? null : backInMs };
}

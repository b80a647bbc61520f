import { string } from '@oclif/core/flags';
import type { LogLevelRequest, LogLevelResponse } from '#protocol';
import { parseDuration, shownDuration } from './duration.js';
import { UsageError } from './usage-error.js';

export const LOG_LEVEL_FLAGS = {
  set: string({
    description: 'the least that the log tells from now on',
    options: ['debug', 'info', 'warn', 'error'],
    helpValue: 'debug|info|warn|error',
  }),
  for: string({
    description: 'with --set: how long, until the level of the configuration is back; at most an hour',
    helpValue: 'DURATION',
    dependsOn: ['set'],
  }),
};

export const LOG_LEVEL_TEXTS = {
  summary: 'Show how much the log tells, or change it, without a restart.',
  description:
    'Until the next start, or for as long as you say; `log_level` in the configuration lasts. At debug, the log tells of every call with its caller, code and duration, and of what is looked at and found well. It never holds keys.',
  examples: [
    'sudo <%= config.bin %> <%= command.id %>',
    'sudo <%= config.bin %> <%= command.id %> --set debug --for 10m',
  ],
  answer: 'an object: level, configured, back_in_ms',
} as const;

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

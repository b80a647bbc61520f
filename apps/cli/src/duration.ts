import { UsageError } from './usage-error.js';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = UNITS['h']!;

/** `90`, `90s`, `5m`, `1h` as milliseconds, at most an hour. @throws UsageError that names the flag. */
export function parseDuration(text: string, flag: string): number {
  const [, count, unit = 's'] = /^([1-9][0-9]{0,4})([smh])?$/.exec(text) ?? [];
  const ms = count === undefined ? Number.NaN : Number(count) * UNITS[unit]!;
  if (ms <= LONGEST_MS) return ms;
  throw new UsageError(`--${flag} must be a duration of at most an hour`, `--${flag}=90s, or --${flag}=5m`);
}

/** Milliseconds as people say them: `3 s`, `5 min`, `2 h`, `4 d`. */
export function shownDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

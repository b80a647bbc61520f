import { UsageError } from './usage-error.js';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z?)?$/;

/**
 * `2h` or `7d` ago, or a moment in UTC as `2027-01-31` or `2027-01-31T12:00:00Z`.
 *
 * @param now milliseconds since the epoch. @param flag that it was given by. @returns ISO 8601. @throws UsageError
 */
export function parseSince(text: string, now = Date.now(), flag = 'since'): string {
  const [, count, unit] = /^([1-9][0-9]{0,4})([smhd])$/.exec(text) ?? [];
  const moment = text.includes('T') && !text.endsWith('Z') ? `${text}Z` : text;
  const ms =
    unit === undefined ? Date.parse(MOMENT.test(text) ? moment : '') : now - Number(count) * UNITS[unit]!;
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  throw new UsageError(
    `--${flag} must be a duration or a moment in UTC`,
    `--${flag}=24h, or --${flag}=2027-01-31`,
  );
}

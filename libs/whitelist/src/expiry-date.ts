import { BanyanError } from '#errors';

/** The last day of a key, as `2027-01-31`, UTC. A day that exists. */
export type ExpiryDate = string & { readonly __brand: 'ExpiryDate' };

export const DAY_MS = 86_400_000;

export function isExpiryDate(text: string): text is ExpiryDate {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const start = Date.parse(`${text}T00:00:00Z`);
  // Some days that do not exist are read as days of the next month.
  return !Number.isNaN(start) && new Date(start).toISOString().startsWith(text);
}

/** @throws BanyanError `invalid`. */
export function parseExpiryDate(text: string): ExpiryDate {
  if (isExpiryDate(text)) return text;
  throw new BanyanError('invalid', 'the date of expiry is no day of the calendar', {
    remedy: 'Write it as 2027-01-31: year, month and day. The key is good until the end of that day, UTC.',
  });
}

/** The first moment after that day, milliseconds since the epoch. */
export function endOf(date: ExpiryDate): number {
  return Date.parse(`${date}T00:00:00Z`) + DAY_MS;
}

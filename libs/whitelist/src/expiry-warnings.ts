import type { Client } from './admit.js';
import { DAY_MS, endOf } from './expiry-date.js';

/** How many days before its last a key is warned of. */
const AHEAD_DAYS = 14;

/**
 * Of the keys that expire soon, in the order of the clients. The text of a warning changes once a day.
 *
 * @param passedMs as of {@link import('./passed-time.js').PassedTime}.
 */
export function expiryWarnings(clients: Iterable<Client>, passedMs: number): string[] {
  return Array.from(clients).flatMap(({ name, expires }) => {
    if (expires === undefined) return [];
    const days = Math.ceil((endOf(expires) - passedMs) / DAY_MS) - 1;
    if (days > AHEAD_DAYS) return [];
    const when = days <= 0 ? 'today' : days === 1 ? 'tomorrow' : `in ${days} days`;
    return [
      `${name} expires ${when}, at the end of ${expires} (UTC). Try: give ${name}.pub a later \`# expires:\``,
    ];
  });
}

/**
 * That no key expires while the clock is in doubt; nothing when it is not, or nobody expires.
 *
 * @param path of the record that the clock contradicts.
 */
export function clockWarning(doubt: string | undefined, clients: Iterable<Client>, path: string): string[] {
  if (doubt === undefined || !Array.from(clients).some(({ expires }) => expires !== undefined)) return [];
  return [
    `the clock of this host ${doubt}: no key expires until it is believed again. ` +
      `Try: set it (\`timedatectl\`); if it is right and was wrong before, remove ${path} and restart banyan-engine`,
  ];
}

import type { Role } from '#config';

/**
 * A name for the whitelist, proposed from the host's: what a whitelist name may not contain becomes a dash
 * (letters, digits, `.`, `_`, `-`, at most 63, no leading dot or dash). The command line of a host gets a
 * name of its own, since an agent may be beside it.
 */
export function clientName(role: Role, hostname: string): string {
  const suffix = role === 'cli' ? '-cli' : '';
  const name = hostname
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 63 - suffix.length)
    .replace(/[.-]+$/, '');
  return name === '' ? `${role}-1` : name + suffix;
}

import { BanyanError } from '#errors';

/** IFNAMSIZ is 16 with its final NUL (net/if.h). A leading dash would be an option to `ip`, a dot a path. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;
/** Words that `wg show` and sysctl take as something else than an interface. */
const RESERVED = new Set(['all', 'interfaces', 'default']);

/**
 * The one check every interface name passes before it becomes an argument or part of a path.
 *
 * @throws BanyanError `invalid`.
 */
export function parseInterfaceName(text: string): string {
  if (!NAME.test(text) || RESERVED.has(text)) {
    throw new BanyanError(
      'invalid',
      `${JSON.stringify(text.slice(0, 64))} cannot be the name of an interface`,
      {
        remedy: 'Use 1 to 15 letters, digits, "_", "." or "-", beginning with a letter, a digit or "_".',
      },
    );
  }
  return text;
}

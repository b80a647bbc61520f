import type { Client } from '#whitelist';
import type { Continued } from './continuity.js';

/** What is said of a keys directory that cannot be taken at its word, and what that means for those who are admitted. */

/** @param admitted how many clients were, before the start. */
export function emptyDirectory(directory: string, admitted: number): string {
  const were = admitted === 1 ? '1 client was' : `${admitted} clients were`;
  return (
    `the keys directory ${directory} is empty, and ${were} admitted before: is it mounted? ` +
    'Until a key is in it, nobody is admitted, and nobody is told to be revoked.'
  );
}

/** Of files that should be there; undefined when all are. */
export function absentFiles(
  directory: string,
  { held, unread }: Pick<Continued, 'held' | 'unread'>,
): string | undefined {
  if (held.length > 0) {
    return (
      `the keys directory ${directory} was replaced by another one, which lacks ${named(held)}. ` +
      'They stay admitted: put their files back (is it mounted?), or revoke them with `banyan-engine remove-client` or by a restart.'
    );
  }
  if (unread.length > 0) {
    return `the files of ${named(unread)} in ${directory} cannot be read. They stay admitted; check permissions and the disk.`;
  }
  return undefined;
}

/** @param admitted how many clients are. */
export function whoStays(admitted: number): string {
  return admitted === 0 ? 'Nobody is admitted.' : `All ${admitted} clients stay admitted, and nobody new is.`;
}

function named(clients: readonly Client[]): string {
  const shown = clients
    .slice(0, 3)
    .map(({ name }) => name)
    .join(', ');
  return clients.length > 3 ? `${shown} and ${clients.length - 3} more` : shown;
}

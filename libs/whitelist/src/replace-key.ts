import type { PublicKey } from '#crypto';
import { unquoted } from './client-file.js';

/**
 * The text of a `.pub` file with another key. Comments, quotes, white space, line ends and every other line stay as
 * they were written.
 */
export function replaceKey(text: string, from: PublicKey, to: PublicKey): string {
  // Line ends are parts of their own, to be put back as they were.
  return text
    .split(/(\r\n?|\n)/)
    .map((line) => (unquoted(line.trim()) === from.text ? line.replace(from.text, () => to.text) : line))
    .join('');
}

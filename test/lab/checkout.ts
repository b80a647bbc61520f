import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where every host has the checkout, readable for every user, also when the real one lies under /root. */
export const CHECKOUT = '/run/checkout';

/** The checkout this file belongs to, be it run from the sources or from `dist`. */
export function checkoutRoot(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, 'package-lock.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no package-lock.json above ${import.meta.dirname}`);
    directory = parent;
  }
  return directory;
}

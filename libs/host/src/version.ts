import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Banyan's version: that of the nearest `package.json` above this file, in the checkout and when built. */
export const version: string = (() => {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory);
  const { version } = createRequire(import.meta.url)(join(directory, 'package.json')) as { version: string };
  return version;
})();

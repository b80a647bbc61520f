import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';
import type { Guard, GuardStore } from '../guard.js';

/** The guard as two files; packaging/systemd/banyan-guard.service has their names. */
export function guardFiles(stateDir: string): GuardStore {
  const [rulesFile, routesFile] = [join(stateDir, 'guard.nft'), join(stateDir, 'guard.ip')];
  return {
    async read(): Promise<Guard | undefined> {
      // What cannot be read counts for nothing: it is written anew, after the host is closed.
      const [rules, routes] = await Promise.all(
        [rulesFile, routesFile].map((path) => readFile(path, 'utf8').catch(() => undefined)),
      );
      return rules === undefined || routes === undefined ? undefined : { rules, routes };
    },

    async write({ rules, routes }: Guard): Promise<void> {
      await makeDirectory(stateDir);
      // The unit asks for the rules alone: once they are there, everything is.
      await writeFileAtomic(routesFile, routes);
      await writeFileAtomic(rulesFile, rules);
    },

    async remove(): Promise<boolean> {
      const removed = [await remove(rulesFile), await remove(routesFile)];
      return removed.includes(true);
    },
  };
}

async function remove(path: string): Promise<boolean> {
  try {
    await rm(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw fileError('remove', path, error);
  }
}

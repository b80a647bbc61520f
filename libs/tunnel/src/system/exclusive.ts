import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError, codeOf } from '#errors';
import { lockFile, makeDirectory, type FileLock } from '#host';

/** Does some work while no other process of this host does the like. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

const PATIENCE_MS = 15_000;
const INTERVAL_MS = 50;

/**
 * Roles of one host that start together, and operators' commands that run together, change the interface one
 * after another: each then finds it made, or finds that it is somebody else's.
 *
 * @param path of the lock file; its directory is made.
 */
export function exclusively(path: string): Exclusively {
  return async (work) => {
    const lock = await taken(path).catch((error: unknown) => {
      throw isForbidden(error) ? needsRoot(error) : error;
    });
    try {
      return await work();
    } finally {
      await lock.release();
    }
  };
}

async function taken(path: string): Promise<FileLock> {
  await makeDirectory(dirname(path), 0o755);
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await lockFile(path, 'the control tunnel');
    } catch (error) {
      const held = error instanceof BanyanError && error.kind === 'conflict';
      if (!held || performance.now() > deadline) throw error;
      await delay(INTERVAL_MS);
    }
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof BanyanError && codeOf(error.cause) === 'EACCES';
}

function needsRoot(cause: unknown): BanyanError {
  return new BanyanError('host', 'the control tunnel may be changed by root only', {
    remedy: 'Run this as root, or with sudo.',
    cause,
  });
}

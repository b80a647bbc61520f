import { dirname } from 'node:path';
import { BanyanError, codeOf } from '#errors';
import { makeDirectory } from './atomic-file.js';
import { lockFile, type FileLock } from './file-lock.js';

/** Does some work while no other process of this host does the like. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

const PATIENCE_MS = 15_000;

/**
 * Services of one host that start together, and operators' commands that run together, change the same thing
 * one after another: each then finds it made, or finds that it is somebody else's.
 *
 * @param path of the lock file; its directory is made.
 * @param what the lock stands for in messages, as `the control tunnel`.
 */
export function exclusively(path: string, what: string): Exclusively {
  return async (work) => {
    const lock = await taken(path, what).catch((error: unknown) => {
      throw isForbidden(error) ? needsRoot(what, error) : error;
    });
    try {
      return await work();
    } finally {
      await lock.release();
    }
  };
}

async function taken(path: string, what: string): Promise<FileLock> {
  await makeDirectory(dirname(path), 0o755);
  return lockFile(path, what, PATIENCE_MS);
}

function isForbidden(error: unknown): boolean {
  return error instanceof BanyanError && codeOf(error.cause) === 'EACCES';
}

function needsRoot(what: string, cause: unknown): BanyanError {
  return new BanyanError('host', `${what} may be changed by root only`, {
    remedy: 'Run this as root, or with sudo.',
    cause,
  });
}

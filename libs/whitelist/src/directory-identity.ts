import { statSync, type BigIntStats } from 'node:fs';

/** Which directory a path led to at some moment. */
export type DirectoryIdentity = Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs' | 'ctimeNs'>;

/** @throws the system's error when there is nothing at `path`. */
export function identify(path: string): DirectoryIdentity {
  return statSync(path, { bigint: true });
}

/**
 * Whether both are one directory. The inode alone does not tell: a file system gives the number of a removed
 * directory to the next one. So its birth counts too, where the file system knows it; where it does not, Node
 * gives the time of the last change instead, which says nothing.
 */
export function isSameDirectory(before: DirectoryIdentity, now: DirectoryIdentity): boolean {
  if (before.dev !== now.dev || before.ino !== now.ino) return false;
  return before.birthtimeNs === before.ctimeNs || before.birthtimeNs === now.birthtimeNs;
}

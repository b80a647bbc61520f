import { statSync, type BigIntStats } from 'node:fs';

/** Which directory a path led to at some moment. */
export type DirectoryIdentity = Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs'>;

/** @throws the system's error when there is nothing at `path`. */
export function identify(path: string): BigIntStats {
  return statSync(path, { bigint: true });
}

/**
 * Whether both are one directory. The inode alone does not tell: a file system gives the number of a removed
 * directory to the next one. So its birth counts too (statx(2); 0 where the file system does not keep it).
 */
export function isSameDirectory(before: DirectoryIdentity, now: DirectoryIdentity): boolean {
  return before.dev === now.dev && before.ino === now.ino && before.birthtimeNs === now.birthtimeNs;
}

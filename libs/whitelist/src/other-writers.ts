import type { BigIntStats } from 'node:fs';
import { CLIENT_FILE_SUFFIX, escapedName } from './client-name.js';

/** What it takes to see who may write. */
export type Permissions = Pick<BigIntStats, 'mode' | 'uid' | 'gid'>;

const [GROUP_WRITES, OTHERS_WRITE] = [0o020n, 0o002n];

/**
 * Who may change what a path leads to, besides root and the engine's own user; in words. As sshd asks it of
 * `authorized_keys` (sshd_config(5), StrictModes). An access list shows in the group's bits (acl(5)).
 *
 * @param uid the engine's user.
 * @returns undefined when nobody else may.
 */
export function otherWriters({ mode, uid: owner, gid }: Permissions, uid: number): string | undefined {
  if ((mode & OTHERS_WRITE) !== 0n) return 'every user';
  if ((mode & GROUP_WRITES) !== 0n && gid !== 0n) return `the group ${gid}`;
  if (owner !== 0n && owner !== BigInt(uid)) return `the user ${owner}`;
  return undefined;
}

/**
 * What is to be said of a keys directory that more people can write to than root: each of them can let keys in.
 *
 * @param files by file name; undefined for what has no permissions of its own, such as a dangling link.
 */
export function openDoors(
  directory: { readonly path: string; readonly permissions: Permissions },
  files: Iterable<readonly [name: string, permissions: Permissions | undefined]>,
  uid = process.geteuid?.() ?? 0,
): string[] {
  const { path, permissions } = directory;
  const writers = otherWriters(permissions, uid);
  const warnings =
    writers === undefined
      ? []
      : [`${writers} can write to the keys directory ${path} and so let keys in. Try: ${mend(path)}`];
  const open: (readonly [name: string, who: string])[] = [];
  for (const [name, found] of files) {
    const who = found && otherWriters(found, uid);
    if (who !== undefined) open.push([escapedName(name), who]);
  }
  const [first] = open;
  if (first === undefined) return warnings;
  const [name, who] = first;
  const more = open.length === 1 ? '' : `; as open: ${open.length - 1} more files`;
  // Not the name: a stranger may have chosen it, and this line is there to be copied into a shell.
  const remedy = mend(`${path}/*${CLIENT_FILE_SUFFIX}`);
  return [
    ...warnings,
    `${who} can write to ${path}/${name} and so let another key in${more}. Try: ${remedy}`,
  ];
}

function mend(path: string): string {
  return `chown root ${path} && chmod go-w ${path}`;
}

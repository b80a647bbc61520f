import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory, writeFileAtomic } from '#host';
import { editSection, type FieldChanges } from './edit.js';
import type { Role } from './fields.js';
import { readPrivateFile } from './private-file.js';

/** What saving had to do beyond the change. */
export interface Saved {
  readonly warnings: readonly string[];
}

/**
 * Changes fields of one section of a config, with all the rest kept as it is, and replaces the file in one
 * step with mode 0600 and the owner it had; a new directory gets 0700. Hold the lock (`withConfigLock`) from reading
 * to saving.
 *
 * @param keepPrevious writes the old text to `<path>.previous` (0600) first: it has the only copy of a key.
 * @throws BanyanError `host` (disk full, read-only, …); the old file is then untouched.
 */
export async function saveSection(
  role: Role,
  path: string,
  changes: FieldChanges,
  options: { readonly keepPrevious?: boolean } = {},
): Promise<Saved> {
  await makeDirectory(dirname(path), 0o700);
  const text = (await readPrivateFile(path, false))?.text ?? '';
  const edited = editSection(text, role, changes, path);
  // A link stays one: what it points to is replaced.
  const target = await realpath(path).catch(() => path);
  if (options.keepPrevious === true) await writeFileAtomic(`${path}.previous`, text, 0o600, target);
  await writeFileAtomic(target, edited.text, 0o600, target);
  return {
    warnings: edited.commentsKept ? [] : [`${path} was written anew; its comments could not be kept`],
  };
}

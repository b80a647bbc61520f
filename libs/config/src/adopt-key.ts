import { access, constants, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PrivateKey, PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { fileError } from '#host';
import type { Role } from './fields.js';
import { withKeyFile } from './key-file.js';
import { configuredKeys } from './keys.js';
import { readConfig } from './load.js';
import { withConfigLock } from './lock.js';
import { saveSection } from './save.js';
import { checkSection, type SectionOf } from './section.js';

/** Another command may be changing the config, and is soon done. */
const PATIENCE_MS = 2_000;

/**
 * Whether the config could have another key in the place of `from`: for those who are about to depend on it.
 *
 * @throws BanyanError `conflict` when it has another key by now; `host` when it cannot be written.
 */
export async function checkAdoptable(
  role: Exclude<Role, 'engine'>,
  path: string,
  from: PublicKey,
): Promise<void> {
  const { key, section } = await configured(role, path);
  if (!key.equals(from)) throw changedMeanwhile(role, path);
  for (const file of [path, section.wg_private_key_file]) {
    if (file === undefined) continue;
    const target = await realpath(file).catch(() => file);
    try {
      // Replaced by rename, so it is the directory that has to be writable.
      await access(dirname(target), constants.W_OK);
    } catch (error) {
      throw fileError('write', target, error);
    }
  }
}

/**
 * Puts `to` in the place of `from`: in the section, or in the file that it names, with comments and all else kept. What
 * was there before stays beside it (`.previous`, 0600). Nothing to do when it is there.
 *
 * @returns sentences for the operator.
 * @throws BanyanError `conflict` when it has a third key by now, or is being changed for longer than others take;
 *   `host` when it cannot be written.
 */
export async function adoptKey(
  role: Exclude<Role, 'engine'>,
  path: string,
  from: PublicKey,
  to: PrivateKey,
): Promise<readonly string[]> {
  return withConfigLock(path, () => adopt(role, path, from, to), PATIENCE_MS);
}

async function adopt(
  role: Exclude<Role, 'engine'>,
  path: string,
  from: PublicKey,
  to: PrivateKey,
): Promise<readonly string[]> {
  const { key, section } = await configured(role, path);
  if (key.equals(to.publicKey)) return [];
  if (!key.equals(from)) throw changedMeanwhile(role, path);
  const keyFile = section.wg_private_key_file;
  const publicKey = { wg_public_key: to.publicKey.text };
  if (keyFile === undefined) {
    const pair = { wg_private_key: to.reveal(), ...publicKey };
    return (await saveSection(role, path, pair, { keepPrevious: true })).warnings;
  }
  // Two files cannot change at once, and a component does not start with two that contradict each other: so the
  // half that can be computed is taken away before, and comes back after.
  const before = await saveSection(role, path, { wg_public_key: undefined }, { keepPrevious: true });
  const target = await realpath(keyFile).catch(() => keyFile);
  const after = await withKeyFile(target, to, () => saveSection(role, path, publicKey));
  return [...before.warnings, ...after.warnings];
}

async function configured<R extends Role>(
  role: R,
  path: string,
): Promise<{ key: PublicKey; section: SectionOf<R> }> {
  const file = await readConfig(path);
  const { section } = checkSection(role, file?.document[role], path);
  const key = await configuredKeys(role, section, path);
  if (key) return { key: key.publicKey, section };
  throw new BanyanError('not-found', `${path} has no private key for ${role} any more`, {
    remedy: `${path}.previous may have it.`,
  });
}

function changedMeanwhile(role: Role, path: string): BanyanError {
  return new BanyanError('conflict', `${path} has another key for ${role} than the one in use`, {
    remedy: `Somebody has changed it: \`banyan-engine list-clients\` shows which key is admitted.${
      role === 'agent' ? ' Then restart the agent.' : ''
    }`,
  });
}

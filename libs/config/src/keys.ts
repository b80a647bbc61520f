import { PrivateKey, PublicKey } from '#crypto';
import type { Role } from './fields.js';
import { readKeyFile } from './key-file.js';
import { fieldError, fieldName } from './place.js';
import type { SectionOf } from './section.js';

/**
 * The private key that a section configures, inline or by file, checked against its `wg_public_key`.
 *
 * @returns undefined when there is none yet: no line, or a line that names a file that does not exist.
 * @throws BanyanError `invalid` for a key that is none and for two keys that are no pair.
 */
export async function configuredKeys<R extends Role>(
  role: R,
  section: SectionOf<R>,
  path: string,
): Promise<PrivateKey | undefined> {
  const privateKey = await privateKeyOf(role, section, path);
  const publicKey = optionalKey(role, 'wg_public_key', section.wg_public_key, path);
  if (privateKey !== undefined && publicKey !== undefined && !privateKey.publicKey.equals(publicKey)) {
    throw fieldError(
      path,
      role,
      'wg_public_key',
      'does not belong to the private key',
      'Remove the line of the wrong half; without wg_public_key it is computed from the private key.',
    );
  }
  return privateKey;
}

async function privateKeyOf<R extends Role>(
  role: R,
  section: SectionOf<R>,
  path: string,
): Promise<PrivateKey | undefined> {
  if (section.wg_private_key_file !== undefined) return readKeyFile(section.wg_private_key_file);
  if (section.wg_private_key === undefined) return undefined;
  return PrivateKey.parse(section.wg_private_key, fieldName(path, role, 'wg_private_key'));
}

/** A public key that a section may have. @throws BanyanError `invalid` that names the field. */
export function optionalKey(
  role: Role,
  field: string,
  text: string | undefined,
  path: string,
): PublicKey | undefined {
  return text === undefined ? undefined : PublicKey.parse(text, fieldName(path, role, field));
}

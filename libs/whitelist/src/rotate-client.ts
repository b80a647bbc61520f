import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { tunnelAddress, type PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { fileError } from '#host';
import { checkFree, checkNoCopy } from './add-client.js';
import type { Client } from './admit.js';
import { parseClientFile } from './client-file.js';
import { CLIENT_FILE_SUFFIX, type ClientName } from './client-name.js';
import { KeysDirectory, type ClientFile } from './directory.js';
import { withKeysLock } from './lock.js';
import { readSmallFile } from './read-file.js';
import { replaceFile } from './replace-file.js';
import { replaceKey } from './replace-key.js';

/** Another key for a client, which stays the same client. */
export interface ClientRotation {
  readonly name: ClientName;
  readonly from: PublicKey;
  readonly to: PublicKey;
}

/**
 * Whether `to` may take the place of `from`: nobody has it or its tunnel address, and nobody else has `from`.
 *
 * @param files all there are, held ones too.
 * @throws BanyanError `conflict`, where another key may do; `forbidden`, where none does.
 */
export function checkRotation({ name, from, to }: ClientRotation, files: readonly ClientFile[]): void {
  const client = { name, publicKey: to, tunnelAddress: tunnelAddress(to) };
  // For a moment both keys are peers of the control tunnel.
  if (client.tunnelAddress === tunnelAddress(from)) {
    throw new BanyanError('conflict', 'the new key has the tunnel address of the old one', {
      remedy: 'Rotate again, which makes another key.',
    });
  }
  checkNoCopy({ name, publicKey: from }, files, 'forbidden');
  checkFree(client, files, true);
}

/**
 * Puts `to` in the place of `from` in `<name>.pub`, atomically, with all the rest of the file as it was. Only while
 * the file holds exactly `from`: whoever removes or edits it has decided otherwise.
 *
 * @throws BanyanError of {@link checkRotation}; `conflict` when the file is another by now; `host` when it cannot be
 *   written. The file is as it was then.
 */
export async function rotateClientFile(
  directory: string,
  ownKeys: readonly PublicKey[],
  rotation: ClientRotation,
  held: readonly Client[] = [],
): Promise<void> {
  const { name, from, to } = rotation;
  const keys = new KeysDirectory(directory, ownKeys);
  await keys.read();
  await withKeysLock(directory, async () => {
    const { files } = await keys.read();
    checkRotation(rotation, [...files, ...held.map((other): ClientFile => ({ kind: 'key', ...other }))]);
    const named = join(directory, name + CLIENT_FILE_SUFFIX);
    const reading = readSmallFile(named);
    if (reading.kind !== 'text' || !holds(reading.text, ownKeys, from)) throw changedMeanwhile(name);
    const after = replaceKey(reading.text, from, to);
    if (!holds(after, ownKeys, to)) throw changedMeanwhile(name);
    try {
      // A link stays one: what it points to is replaced.
      const path = await realpath(named);
      if (await replaceFile({ path, before: reading.text, after })) return;
    } catch (error) {
      throw fileError('write', named, error);
    }
    throw changedMeanwhile(name);
  });
}

function holds(text: string, ownKeys: readonly PublicKey[], key: PublicKey): boolean {
  const content = parseClientFile(text, ownKeys);
  return 'publicKey' in content && content.publicKey.equals(key);
}

function changedMeanwhile(name: ClientName): BanyanError {
  return new BanyanError(
    'conflict',
    `the file of ${name} was removed or changed meanwhile, and that counts`,
    {
      remedy: '`banyan-engine list-clients` shows what is admitted.',
    },
  );
}

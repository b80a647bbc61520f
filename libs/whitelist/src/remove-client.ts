import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PublicKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { fileError, syncDirectory } from '#host';
import { checkNoCopy } from './add-client.js';
import type { AdmissionRecord } from './admission-record.js';
import { CLIENT_FILE_SUFFIX, parseClientName, type ClientName } from './client-name.js';
import { KeysDirectory, type ClientFile, type KeyFile } from './directory.js';
import { withKeysLock } from './lock.js';

export interface RemovedFile {
  /** What was in it when it was removed, which a rotation may have put there just before; undefined when that was no key. */
  readonly file: KeyFile | undefined;
  /** Who has the key still, when the file was only a copy. */
  readonly copyOf: ClientName | undefined;
}

/**
 * Removes `<name>.pub`, durably: a revocation must not come undone by a power cut, nor by who writes files at the
 * same time. Not while another file holds the key of the client, which would be admitted by that one then.
 *
 * @param record tells a client from a copy of its file.
 * @param counted files as they count, which may be for what they held before they were spoilt.
 * @throws BanyanError `invalid` for a name that is none, `not-found`, `conflict` for a key of which there is a copy, or
 *   `host`.
 */
export async function removeClientFile(
  directory: string,
  ownKeys: readonly PublicKey[],
  clientName: string,
  record: AdmissionRecord,
  counted: readonly ClientFile[] = [],
): Promise<RemovedFile> {
  const name = parseClientName(clientName);
  const keys = new KeysDirectory(directory, ownKeys);
  // Says that the directory is missing before a lock would create it.
  await keys.read();
  const removal = (): Promise<RemovedFile> => remove(keys, name, record, counted);
  return withKeysLock(directory, removal).catch((error: unknown) => {
    if (isFull(error)) return removal();
    throw error;
  });
}

async function remove(
  keys: KeysDirectory,
  name: ClientName,
  record: AdmissionRecord,
  counted: readonly ClientFile[],
): Promise<RemovedFile> {
  const { files } = await keys.read();
  const inForce = new Map(counted.map((file) => [file.name, file]));
  const copyOf = holderBeside(
    name,
    files.map((file) => (file.kind === 'key' ? file : (inForce.get(file.name) ?? file))),
    record,
  );
  const path = join(keys.path, name + CLIENT_FILE_SUFFIX);
  try {
    await unlink(path);
    await syncDirectory(keys.path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw fileError('remove', path, error);
    throw new BanyanError('not-found', `there is no client ${name}`, {
      remedy: '`banyan-engine list-clients` shows the clients there are.',
    });
  }
  const file = files.find((candidate) => candidate.name === name);
  return { file: file?.kind === 'key' ? file : undefined, copyOf };
}

/**
 * @returns who else has the key in this file: the one on record, if it is among them.
 * @throws BanyanError `conflict` when it is this file by which the key is admitted.
 */
function holderBeside(
  name: ClientName,
  files: readonly ClientFile[],
  record: AdmissionRecord,
): ClientName | undefined {
  const own = files.find((file) => file.name === name);
  if (own?.kind !== 'key') return undefined;
  const recorded = record.get(own.tunnelAddress);
  const holder = recorded?.publicKey.equals(own.publicKey) ? recorded.name : undefined;
  if (holder === name) checkNoCopy(own, files, 'conflict');
  const others = files.flatMap((file) =>
    file.kind === 'key' && file !== own && file.publicKey.equals(own.publicKey) ? file.name : [],
  );
  return others.find((other) => other === holder) ?? others[0];
}

/** Where no lock can be written no file of a client can be, and a full disk must not keep anybody in. */
function isFull(error: unknown): boolean {
  const code = error instanceof BanyanError ? codeOf(error.cause) : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

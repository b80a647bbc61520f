import { join } from 'node:path';
import { tunnelAddress, type PublicKey } from '#crypto';
import { BanyanError, type ErrorKind } from '#errors';
import { writeFileAtomic } from '#host';
import type { Client } from './admit.js';
import { parseClientFile } from './client-file.js';
import { askedTerms, DEFAULT_TERMS, termLines, type AskedTerms } from './client-terms.js';
import { CLIENT_FILE_SUFFIX, parseClientName, type ClientName } from './client-name.js';
import { KeysDirectory, type ClientFile } from './directory.js';
import { withKeysLock } from './lock.js';

export interface AddClientRequest extends AskedTerms {
  readonly name: string;
  /** The key in any form a client file may hold: quotes, and lines that name the engine's key too, do no harm. */
  readonly publicKey: string;
  /** Whether a client of this name may be given another key; the old key is then revoked. What is not asked for stays. */
  readonly replace?: boolean;
}

export interface AddedClient extends Client {
  readonly path: string;
}

/**
 * Writes `<name>.pub`, 0600, atomically.
 *
 * @param ownKeys the engine's own public keys, present and former.
 * @param nowMs the time, by which a key that is added must not have expired.
 * @param held clients that are in force although their files are away; they count as files.
 * @throws BanyanError `invalid` for a name, a key or terms that are none, `conflict` when the name, the key or its tunnel
 *   address is taken, `host` when the directory cannot be read or written.
 */
export async function addClientFile(
  directory: string,
  ownKeys: readonly PublicKey[],
  request: AddClientRequest,
  nowMs: number,
  held: readonly Client[] = [],
): Promise<AddedClient> {
  const name = parseClientName(request.name);
  const content = parseClientFile(request.publicKey, ownKeys);
  if ('reason' in content) {
    throw new BanyanError('invalid', `the key of ${name} is refused: ${lowerFirst(content.reason)}`, {
      remedy: 'Pass the public key that `init` printed on the client.',
    });
  }
  const { publicKey } = content;
  // Before a file is looked for: what is wrong in itself is said first.
  askedTerms(request, DEFAULT_TERMS, nowMs);
  const keys = new KeysDirectory(directory, ownKeys);
  // Says that the directory is missing before a lock would create it.
  await keys.read();
  return withKeysLock(directory, async () => {
    const { files } = await keys.read();
    const all = [...files, ...held.map((other): ClientFile => ({ kind: 'key', ...other }))];
    const holder = { name, publicKey, tunnelAddress: tunnelAddress(publicKey) };
    checkFree(holder, all, request.replace ?? false);
    const before = all.find((file) => file.name === name);
    const terms = askedTerms(request, before?.kind === 'key' ? before : DEFAULT_TERMS, nowMs);
    const path = join(directory, name + CLIENT_FILE_SUFFIX);
    await writeFileAtomic(path, [...termLines(terms), publicKey.text, ''].join('\n'), 0o600);
    return { ...holder, ...terms, path };
  });
}

type Holder = Pick<Client, 'name' | 'publicKey' | 'tunnelAddress'>;

/**
 * @throws BanyanError `conflict` when the name (unless it is to be replaced), the key or its address is taken, or a copy
 *   of the key that is replaced would come into force.
 */
export function checkFree(client: Holder, files: readonly ClientFile[], replace: boolean): void {
  for (const file of files) {
    if (file.name === client.name) {
      if (!replace) throw nameTaken(client, file);
      if (file.kind === 'key' && !file.publicKey.equals(client.publicKey)) {
        checkNoCopy({ name: client.name, publicKey: file.publicKey }, files, 'conflict');
      }
    } else if (file.kind === 'key') {
      if (file.publicKey.equals(client.publicKey)) throw keyListed(client.name, file.name);
      if (file.tunnelAddress === client.tunnelAddress) throw addressTaken(client, file.name);
    }
  }
}

/**
 * That no other file holds the key that a client is to lose: it would be the only one then, and so be admitted, under
 * another name and on other terms.
 *
 * @throws BanyanError of this kind.
 */
export function checkNoCopy(
  { name, publicKey }: Pick<Holder, 'name' | 'publicKey'>,
  files: readonly ClientFile[],
  kind: ErrorKind,
): void {
  const copy = files.find(
    (file) => file.kind === 'key' && file.name !== name && file.publicKey.equals(publicKey),
  );
  if (copy === undefined) return;
  throw new BanyanError(
    kind,
    `the key that ${name} has is in ${copy.name}${CLIENT_FILE_SUFFIX} too, where it would be in force next`,
    {
      remedy: `Remove the copy first: \`banyan-engine remove-client --name ${copy.name}\`. \`banyan-engine list-clients\` shows copies as duplicates.`,
    },
  );
}

function nameTaken(client: Holder, file: ClientFile): BanyanError {
  if (file.kind !== 'key') {
    return new BanyanError(
      'conflict',
      `${client.name} has a file already, which is not usable: ${lowerFirst(file.refusal.reason)}`,
      {
        remedy: 'Pass --replace to write it anew.',
      },
    );
  }
  if (file.publicKey.equals(client.publicKey)) return keyListed(client.name, file.name);
  return new BanyanError(
    'conflict',
    `the name ${client.name} is held by another key (${file.publicKey.fingerprint})`,
    {
      remedy: 'Choose another name, or pass --replace to revoke that key and admit this one in its place.',
    },
  );
}

function keyListed(name: ClientName, holder: ClientName): BanyanError {
  return new BanyanError('conflict', `this key is listed already, as ${holder}`, {
    remedy:
      name === holder
        ? 'There is nothing to add; `banyan-engine list-clients` shows whether it is admitted.'
        : `Remove that client first, or rename its file to ${name}${CLIENT_FILE_SUFFIX}.`,
  });
}

function addressTaken({ name, tunnelAddress: address }: Holder, holder: ClientName): BanyanError {
  return new BanyanError('conflict', `the tunnel address of this key, ${address}, belongs to ${holder}`, {
    remedy: `Run \`init\` again on ${name}, which gives it another key and another address, and add that key.`,
  });
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

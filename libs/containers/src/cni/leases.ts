import { readdir } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { codeOf } from '#errors';
import { fileError } from '#host';
import type { LocalContainer } from '../container-networks.js';
import { NETWORK } from '../names.js';
import { readSmallFile } from '../read-small-file.js';

/** Bytes; a lease is an id and the name of an interface. */
const LARGEST = 4_096;
/** CNI specification 1.0.0, "Parameters": what CNI_CONTAINERID is made of; no runtime's is longer than this. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

/**
 * The addresses that host-local has given away: files named after them, beside its own.
 *
 * @param directory `dataDir` of the configuration.
 * @throws BanyanError `host` when it cannot be read; one that is absent has given none.
 */
export async function readLeases(directory: string): Promise<LocalContainer[]> {
  const folder = join(directory, NETWORK);
  const addresses = (await namesIn(folder)).filter((name) => isIPv4(name)).sort();
  return Promise.all(
    addresses.map(async (address) =>
      parseLease(address, await readSmallFile(join(folder, address), LARGEST)),
    ),
  );
}

/**
 * A lease of host-local: the container's id, CR LF, the name of its interface. The address is taken whatever the
 * file says.
 */
export function parseLease(address: string, text = ''): LocalContainer {
  const [id = ''] = text.split(/\r?\n/, 1);
  return { ...(ID.test(id) ? { name: id } : {}), address, kind: 'cni' };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw fileError('read', folder, error);
  }
}

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { fileError } from './atomic-file.js';

/** Memory, on every Linux (shm_overview(7)), so that what may be a private key is not written to a disk. */
const DIRECTORY = '/dev/shm';
/** open(2): a file that never has a name. Node knows the flags but not this combination of them. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * Lends `use` a descriptor of a file with this text, read from its start, that no path ever leads to.
 *
 * Node gives a child a socket as its standard input, and a socket cannot be opened again as `/dev/stdin`
 * (ENXIO), which is how `wg` and `nft` read theirs. A file can.
 */
export async function withUnnamedFile<T>(text: string, use: (descriptor: number) => Promise<T>): Promise<T> {
  const file = await open(DIRECTORY, O_TMPFILE | constants.O_RDWR, 0o600).catch((error: unknown) => {
    throw fileError('create a file in', DIRECTORY, error);
  });
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length;) {
      // At a position, because the child inherits the file offset and must find it at the start.
      written += (await file.write(bytes, written, bytes.length - written, written)).bytesWritten;
    }
    return await use(file.fd);
  } finally {
    await file.close();
  }
}

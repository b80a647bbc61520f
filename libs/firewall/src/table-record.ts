import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory, writeFileAtomic } from '#host';

/** How tables were left, so that the next run knows its own again and does not load them a second time. */
export interface TableRecord {
  has(name: string, digest: string): Promise<boolean>;
  /** @throws BanyanError `host` when it cannot be kept. */
  note(name: string, digest: string): Promise<void>;
}

/** Of what was loaded together with what `nft` then showed: another version of either is another digest. */
export function digestOf({ text, listing }: { readonly text: string; readonly listing: string }): string {
  return createHash('sha256').update(`${text}\0${listing}`).digest('base64');
}

/**
 * The record in a file, one line a table. What cannot be read counts for nothing: the table is loaded again.
 *
 * @param path in a directory that root alone can write, made when needed.
 */
export function tableRecord(path: string): TableRecord {
  const read = async (): Promise<Map<string, string>> => {
    const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n').map((line) => line.split(' '));
    return new Map(lines.flatMap(([name, digest]) => (name && digest ? [[name, digest]] : [])));
  };
  return {
    async has(name, digest) {
      return (await read()).get(name) === digest;
    },
    async note(name, digest) {
      const known = await read();
      if (known.get(name) === digest) return;
      known.set(name, digest);
      await makeDirectory(dirname(path));
      await writeFileAtomic(path, [...known].map((entry) => entry.join(' ') + '\n').join(''));
    },
  };
}

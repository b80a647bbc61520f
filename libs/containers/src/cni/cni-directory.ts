import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';
import { readSmallFile } from '../read-small-file.js';
import { CONFLIST } from './conflist.js';
import type { CniFiles } from './plan-cni.js';

/** What libcni reads (libcni, `ConfFiles`). */
const CONFIGURATION = /\.(conf|conflist|json)$/;
/** Bytes; a configuration has a few hundred. */
const LARGEST = 256 * 1024;

/** The directory in which CNI runtimes look for networks. */
export class CniDirectory {
  constructor(private readonly directory: string) {}

  async read(): Promise<CniFiles> {
    const names = (await this.#names()).filter((name) => CONFIGURATION.test(name)).sort();
    const texts = await Promise.all(names.map((name) => readSmallFile(join(this.directory, name), LARGEST)));
    const known = names.map((name, index): [string, string] => [name, texts[index] ?? '']);
    return { directory: this.directory, texts: new Map(known) };
  }

  /**
   * Made also where there is no runtime yet: a file that nobody reads harms nobody, and whoever installs one later
   * finds the network without waiting for us.
   */
  async write(text: string): Promise<void> {
    // One by one, so that a service's narrow umask closes neither to those who look for networks.
    await makeDirectory(dirname(this.directory), 0o755);
    await makeDirectory(this.directory, 0o755);
    await writeFileAtomic(join(this.directory, CONFLIST), text, 0o644);
  }

  async remove(): Promise<void> {
    const path = join(this.directory, CONFLIST);
    await rm(path, { force: true }).catch((error: unknown) => {
      throw fileError('remove', path, error);
    });
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.directory);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw fileError('read', this.directory, error);
    }
  }
}

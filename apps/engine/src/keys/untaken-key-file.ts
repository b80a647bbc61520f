import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PublicKey } from '#crypto';
import { codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';

/**
 * `untaken-key.json` of the engine's state directory: the key that the files have in the place of a compromised one, and
 * that the running engine has yet to take. While it is there, who tries again makes no other key. An engine that starts
 * has whatever the files have, and removes it: a key that is compromised later is another matter.
 */
export class UntakenKeyFile {
  readonly path: string;

  constructor(private readonly stateDir: string) {
    this.path = join(stateDir, 'untaken-key.json');
  }

  /** Whether it is this key. @throws BanyanError `host` when it cannot be read. */
  async names(key: PublicKey): Promise<boolean> {
    try {
      const { public_key: text } = JSON.parse(await readFile(this.path, 'utf8')) as Record<string, unknown>;
      return PublicKey.tryParse(String(text))?.equals(key) ?? false;
    } catch (error) {
      // One that cannot be understood names nobody: another key costs less than a stolen one that stays.
      if (codeOf(error) === undefined || codeOf(error) === 'ENOENT') return false;
      throw fileError('read', this.path, error);
    }
  }

  /** @throws BanyanError `host`. */
  async write(key: PublicKey): Promise<void> {
    await makeDirectory(this.stateDir, 0o700);
    await writeFileAtomic(this.path, `${JSON.stringify({ public_key: key.text })}\n`, 0o600);
  }

  /** @throws BanyanError `host`. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true }).catch((error: unknown) => {
      throw fileError('remove', this.path, error);
    });
  }
}

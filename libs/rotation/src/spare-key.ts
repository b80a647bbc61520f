import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Role } from '#config';
import { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { BanyanError, codeOf, messageOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';

/** A key that is to take the place of the one in the config, or has done so at the engine. */
export interface Spare {
  readonly privateKey: PrivateKey;
  /** The engine has said that it is in force: to be tried first. */
  readonly inForce: boolean;
}

/**
 * The spare key of one component, in a file of its state directory (0600). It is there before anybody is asked for
 * it to be admitted and goes when the config has it, so that at every moment in between the component holds both,
 * whichever the engine wants.
 */
export class SpareKey {
  readonly path: string;

  constructor(
    private readonly stateDir: string,
    role: Exclude<Role, 'engine'>,
  ) {
    this.path = join(stateDir, `${role}-next-key.json`);
  }

  /** @returns undefined when there is none. @throws BanyanError `host` when it cannot be read as one. */
  async read(): Promise<Spare | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw fileError('read', this.path, error);
    }
    try {
      const { private_key: key, in_force: inForce } = JSON.parse(text) as Record<string, unknown>;
      return { privateKey: PrivateKey.parse(String(key)), inForce: inForce === true };
    } catch (error) {
      // A parser's own message quotes the text.
      const why = error instanceof BanyanError ? messageOf(error) : 'it is not JSON';
      throw new BanyanError('host', `the spare key in ${this.path} cannot be read: ${why}`, {
        remedy: 'Move that file away; the key in the config is used then.',
      });
    }
  }

  /** The one there is, else a new one, which is on disk when this resolves. @throws BanyanError `host`. */
  async obtain(): Promise<Spare> {
    const spare = await this.read();
    return spare ?? this.renew();
  }

  /** In the place of one that nobody may have. @throws BanyanError `host`. */
  renew(): Promise<Spare> {
    return this.#write({ privateKey: generateKey(), inForce: false });
  }

  /** @throws BanyanError `host`. */
  async setInForce(privateKey: PrivateKey, inForce = true): Promise<void> {
    await this.#write({ privateKey, inForce });
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  async #write(spare: Spare): Promise<Spare> {
    await makeDirectory(this.stateDir, 0o700);
    const saved = { private_key: spare.privateKey.reveal(), in_force: spare.inForce };
    await writeFileAtomic(this.path, `${JSON.stringify(saved)}\n`, 0o600);
    return spare;
  }
}

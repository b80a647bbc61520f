import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineSettings } from '#config';
import { PrivateKey, PublicKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';

/** The key that the engine had before, for clients that know no other. */
export interface PreviousKey {
  readonly privateKey: PrivateKey;
  /** The key that took its place. */
  readonly successor: PublicKey;
  /** Keys (`PublicKey.text`) of the clients that have saved the successor. */
  readonly learned: ReadonlySet<string>;
}

const FORMAT = 1;

interface Saved {
  readonly format: number;
  readonly private_key: string;
  readonly successor: string;
  readonly learned: readonly string[];
}

/** `previous-key.json` of the engine's state directory, 0600: there from the start of a rotation to its end. */
export class PreviousKeyFile {
  readonly path: string;

  constructor(private readonly stateDir: string) {
    this.path = join(stateDir, 'previous-key.json');
  }

  /**
   * @returns undefined when there is none.
   * @throws BanyanError `host` when it cannot be read; `invalid` when it is something else. Never with a word of it.
   */
  async read(): Promise<PreviousKey | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw fileError('read', this.path, error);
    });
    if (text === undefined) return undefined;
    const saved = parse(text);
    if (saved) return saved;
    throw new BanyanError('invalid', `${this.path} cannot be understood`, {
      remedy:
        'Restore it, or remove it: clients that know only the previous key must be told the new one by hand then.',
    });
  }

  async write({ privateKey, successor, learned }: PreviousKey): Promise<void> {
    const saved: Saved = {
      format: FORMAT,
      private_key: privateKey.reveal(),
      successor: successor.text,
      learned: [...learned],
    };
    await makeDirectory(this.stateDir, 0o700);
    await writeFileAtomic(this.path, JSON.stringify(saved, null, 2) + '\n', 0o600);
  }

  async remove(): Promise<void> {
    try {
      await rm(this.path, { force: true });
    } catch (error) {
      throw fileError('remove', this.path, error);
    }
  }
}

/**
 * What a file of an earlier rotation means to an engine with this key: `begun`, the rotation was cut off before the
 * engine had its new key; `stale`, the key was changed by other means since.
 */
export function standing(previous: PreviousKey, current: PublicKey): 'in force' | 'begun' | 'stale' {
  if (previous.privateKey.publicKey.equals(current)) return 'begun';
  return previous.successor.equals(current) ? 'in force' : 'stale';
}

/** The previous key, while a rotation to the configured one is under way. @throws BanyanError of {@link PreviousKeyFile.read}. */
export async function previousInForce({
  stateDir,
  privateKey,
}: Pick<EngineSettings, 'stateDir' | 'privateKey'>): Promise<PreviousKey | undefined> {
  const previous = await new PreviousKeyFile(stateDir).read();
  return previous && standing(previous, privateKey.publicKey) === 'in force' ? previous : undefined;
}

function parse(text: string): PreviousKey | undefined {
  try {
    const saved = JSON.parse(text) as Partial<Saved>;
    if (saved.format !== FORMAT || !Array.isArray(saved.learned)) return undefined;
    return {
      privateKey: PrivateKey.parse(String(saved.private_key)),
      successor: PublicKey.parse(String(saved.successor)),
      learned: new Set(saved.learned.map((key) => PublicKey.parse(String(key)).text)),
    };
  } catch {
    return undefined;
  }
}

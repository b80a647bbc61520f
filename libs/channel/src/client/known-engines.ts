import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { PublicKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';

export interface KnownEngine {
  readonly publicKey: PublicKey;
  /** ISO 8601. */
  readonly firstSeen: string;
}

type Stored = Record<string, { public_key: string; first_seen: string }>;

/**
 * Engine keys pinned at first use, by `host:port`: one JSON file of the component's state directory.
 * Only for components that were not given the engine's key at init.
 */
export class KnownEngines {
  readonly #path: string;

  constructor(private readonly stateDir: string) {
    this.#path = join(stateDir, 'known-engines.json');
  }

  /** @throws BanyanError `host` when the file is there and cannot be understood: pins are never dropped silently. */
  async find(hostPort: string): Promise<KnownEngine | undefined> {
    const stored = (await this.#read())[hostPort];
    return stored && { publicKey: PublicKey.parse(stored.public_key), firstSeen: stored.first_seen };
  }

  async pin(hostPort: string, publicKey: PublicKey): Promise<void> {
    const stored = { ...(await this.#read()) };
    stored[hostPort] = { public_key: publicKey.text, first_seen: new Date().toISOString() };
    await makeDirectory(this.stateDir);
    await writeFileAtomic(this.#path, JSON.stringify(stored, null, 2) + '\n');
  }

  /**
   * The same engine by another key; it stays known since when it was.
   * @throws BanyanError `conflict` when `from` is not what is pinned there.
   */
  async move(hostPort: string, from: PublicKey, to: PublicKey): Promise<void> {
    const stored = { ...(await this.#read()) };
    const known = stored[hostPort];
    if (known?.public_key !== from.text) {
      throw new BanyanError('conflict', `another key was pinned for ${hostPort} meanwhile`);
    }
    stored[hostPort] = { ...known, public_key: to.text };
    await writeFileAtomic(this.#path, JSON.stringify(stored, null, 2) + '\n');
  }

  async #read(): Promise<Stored> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return {};
      throw fileError('read', this.#path, error);
    }
    const stored = parseStored(text);
    if (stored) return stored;
    const aside = `${this.#path}.corrupt-${Date.now()}`;
    await rename(this.#path, aside);
    throw new BanyanError(
      'host',
      `the pinned engine keys in ${this.#path} cannot be understood; the file was set aside as ${aside}`,
      {
        remedy:
          'Give the engine key with `init --keep --engine-wg-public-key KEY`, or start again to trust the engine that answers first.',
      },
    );
  }
}

function parseStored(text: string): Stored | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const valid = Object.values(value as Record<string, unknown>).every(
    (entry) =>
      typeof entry === 'object' &&
      entry !== null &&
      'public_key' in entry &&
      'first_seen' in entry &&
      typeof entry.public_key === 'string' &&
      PublicKey.tryParse(entry.public_key) !== undefined &&
      typeof entry.first_seen === 'string',
  );
  return valid ? (value as Stored) : undefined;
}

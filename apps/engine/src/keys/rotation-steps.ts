import { readFile } from 'node:fs/promises';
import { checkSection, readConfig, saveSection, type EngineSettings } from '#config';
import type { PrivateKey } from '#crypto';
import { BanyanError } from '#errors';
import { writeFileAtomic } from '#host';
import { PreviousKeyFile } from './previous-key-file.js';

/** One change of a file, in one step: it is made or not. */
export interface RotationStep {
  /** For messages. */
  readonly file: string;
  /** @returns warnings. @throws BanyanError `host`; nothing is changed then. */
  run(): Promise<readonly string[]>;
}

/**
 * What has to be written for the engine to have another key. Between any two of the steps the files are those of an
 * engine that starts, with the old key or the new, and answers by the key that clients know. Hold the lock of the
 * config (`withConfigLock`) from here to the last step.
 *
 * A key file and the public key in `banyan.yaml` cannot change at once, and must never contradict each other: so the
 * public key, which can be computed, is taken out before and put back after.
 *
 * @param next the new key.
 * @param isTaught whether the previous key is kept for clients to learn the new one by.
 */
export async function rotationSteps(
  settings: EngineSettings,
  next: PrivateKey,
  isTaught: boolean,
): Promise<RotationStep[]> {
  const { configPath: path, privateKey: old, stateDir } = settings;
  const file = new PreviousKeyFile(stateDir);
  const document = (await readConfig(path))?.document;
  const { section } = checkSection('engine', document?.['engine'], path);
  const { former_public_keys: listed, wg_private_key_file: keyFile } = section;
  const former = listed.includes(old.publicKey.text) ? listed : [...listed, old.publicKey.text];
  const save = (changes: Parameters<typeof saveSection>[2], keepPrevious: boolean): RotationStep => ({
    file: path,
    run: async () => (await saveSection('engine', path, changes, { keepPrevious })).warnings,
  });
  const first: RotationStep = {
    file: file.path,
    run: async () => {
      if (!isTaught) await file.remove();
      else await file.write({ privateKey: old, successor: next.publicKey, learned: new Set() });
      return [];
    },
  };
  const publicKey = { wg_public_key: next.publicKey.text };
  if (keyFile === undefined) {
    const changes = { wg_private_key: next.reveal(), ...publicKey, former_public_keys: former };
    return [first, save(changes, true)];
  }
  return [
    first,
    save({ wg_public_key: undefined, former_public_keys: former }, true),
    { file: keyFile, run: () => replaceKeyFile(keyFile, next) },
    save(publicKey, false),
  ];
}

async function replaceKeyFile(path: string, next: PrivateKey): Promise<readonly string[]> {
  const before = await readFile(path, 'utf8');
  await writeFileAtomic(`${path}.previous`, before, 0o600, path);
  await writeFileAtomic(path, `${next.reveal()}\n`, 0o600, path);
  return [];
}

/** Takes all steps. @throws BanyanError that says which are done, when one fails. */
export async function takeSteps(steps: readonly RotationStep[]): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const [index, step] of steps.entries()) {
    try {
      warnings.push(...(await step.run()));
    } catch (error) {
      if (index === 0 || !(error instanceof BanyanError)) throw error;
      throw new BanyanError(error.kind, `the rotation stopped half-way: ${error.message}`, {
        remedy: `${error.remedy ?? 'See to the cause.'} The engine starts as it is; run \`banyan-engine rotate\` again then.`,
        cause: error,
      });
    }
  }
  return warnings;
}

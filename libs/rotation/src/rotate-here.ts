import { setTimeout as delay } from 'node:timers/promises';
import type { EngineConnection } from '#channel';
import { checkAdoptable, type AgentSettings, type CliSettings } from '#config';
import type { PrivateKey, PublicKey } from '#crypto';
import { asBanyanError, BanyanError } from '#errors';
import { askForKey, type Asked } from './ask-for-key.js';
import { finishRotation } from './request.js';
import { settle } from './settle.js';
import { SpareKey } from './spare-key.js';

const PAUSE_MS = 500;

/** What came of a rotation; never a private key. */
export interface RotationReport {
  readonly state: 'rotated' | 'denied';
  readonly name: string;
  readonly from: PublicKey;
  readonly to: PublicKey;
  readonly engineKey: PublicKey;
  readonly moved: readonly string[];
  readonly offline: readonly string[];
  readonly warnings: readonly string[];
}

export interface RotationHere {
  readonly settings: Pick<AgentSettings | CliSettings, 'role' | 'configPath' | 'stateDir' | 'privateKey'>;
  /** Connects with this key. */
  readonly open: (this: void, key: PrivateKey) => Promise<EngineConnection>;
  /** Progress, a sentence at a time. */
  readonly say: (this: void, sentence: string) => void;
}

/**
 * Rotates the key of a component that has nothing running, from beginning to end in this process.
 * @throws BanyanError that says which key is in force, as far as that is known; both are kept until it is.
 */
export async function rotateHere({ settings, open, say }: RotationHere): Promise<RotationReport> {
  const { role, configPath, stateDir, privateKey } = settings;
  const from = privateKey.publicKey;
  await checkAdoptable(role, configPath, from);
  const file = new SpareKey(stateDir, role);
  const connection = await open(privateKey);
  let asked: Asked;
  try {
    asked = await askForKey(connection, file, say);
  } catch (error) {
    const known = asBanyanError(error);
    const spare = await file.read();
    // An answer that did not come, or a run before this one that was cut off: the engine may want the other key.
    if (!spare || (known.kind !== 'unavailable' && known.kind !== 'unauthenticated')) throw error;
    asked = await inForceAlready(open, spare.privateKey, known);
  } finally {
    connection.close();
  }
  const { requested, spare } = asked;
  const { engineKey } = connection;
  const report = { from, to: spare.publicKey, engineKey, name: requested.name };
  if (requested.kind === 'denied')
    return { state: 'denied', ...report, moved: [], offline: [], warnings: [] };
  say(`the new key is in force: ${report.to.fingerprint}`);
  const warnings = await take(open, settings, file, spare, requested.finishWithinMs);
  const { moved, offline } = requested;
  return { state: 'rotated', ...report, moved, offline, warnings };
}

/** @throws `reason` unless the engine admits the spare key. */
async function inForceAlready(
  open: RotationHere['open'],
  spare: PrivateKey,
  reason: BanyanError,
): Promise<Asked> {
  const refused = (): never => {
    throw reason;
  };
  const connection = await open(spare).catch(refused);
  try {
    const name = await finishRotation(connection).catch(refused);
    return { requested: { kind: 'in force', name, moved: [], offline: [], finishWithinMs: 0 }, spare };
  } finally {
    connection.close();
  }
}

/** Tries for as long as the engine waits. */
async function take(
  open: RotationHere['open'],
  settings: RotationHere['settings'],
  file: SpareKey,
  key: PrivateKey,
  withinMs: number,
): Promise<readonly string[]> {
  await file.setInForce(key);
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      const connection = await open(key);
      try {
        return await settle(connection, settings, file, key);
      } finally {
        connection.close();
      }
    } catch (error) {
      const known = asBanyanError(error);
      if (known.kind === 'unavailable' && performance.now() < deadline) {
        await delay(PAUSE_MS);
        continue;
      }
      throw new BanyanError(known.kind, `the new key could not be taken over: ${known.message}`, {
        remedy: `${known.remedy ?? 'Try again.'} Both keys are kept (the new one in ${file.path}), and whichever the engine admits is used.`,
        cause: error,
      });
    }
  }
}

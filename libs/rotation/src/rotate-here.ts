import { setTimeout as delay } from 'node:timers/promises';
import type { EngineConnection } from '#channel';
import { checkAdoptable, type AgentSettings, type CliSettings } from '#config';
import type { PrivateKey, PublicKey } from '#crypto';
import { asBanyanError, BanyanError } from '#errors';
import { finishRotation, requestRotation, type Requested } from './request.js';
import { settle } from './settle.js';
import { SpareKey, type Spare } from './spare-key.js';

/** How often a key is made anew that somebody else has, or whose tunnel address somebody has. */
const KEYS_TRIED = 5;
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
  open(key: PrivateKey): Promise<EngineConnection>;
  /** Progress, a sentence at a time. */
  say(sentence: string): void;
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
  let asked: { requested: Requested; spare: Spare } | undefined;
  try {
    asked = await request(connection, file, say);
  } catch (error) {
    const known = asBanyanError(error);
    const spare = await file.read();
    // An answer that did not come, or a run before this one that was cut off: the engine may want the other key.
    if (!spare || (known.kind !== 'unavailable' && known.kind !== 'unauthenticated')) throw error;
    asked = await inForceAlready(open, spare, known);
  } finally {
    connection.close();
  }
  const { requested, spare } = asked;
  const { engineKey } = connection;
  const report = { from, to: spare.privateKey.publicKey, engineKey, name: requested.name };
  if (requested.kind === 'denied') return { state: 'denied', ...report, moved: [], offline: [], warnings: [] };
  say(`the new key is in force: ${report.to.fingerprint}`);
  const warnings = await take(open, settings, file, spare.privateKey, requested.finishWithinMs);
  const { moved, offline } = requested;
  return { state: 'rotated', ...report, moved, offline, warnings };
}

async function request(
  connection: EngineConnection,
  file: SpareKey,
  say: (sentence: string) => void,
): Promise<{ requested: Requested; spare: Spare }> {
  let spare = await file.obtain();
  for (let tried = 1; ; tried += 1) {
    say(`asking the engine for the key ${spare.privateKey.publicKey.fingerprint}`);
    try {
      return { requested: await requestRotation(connection, spare.privateKey), spare };
    } catch (error) {
      if (!(error instanceof BanyanError) || error.kind !== 'conflict' || tried >= KEYS_TRIED) throw error;
      say(error.message);
      spare = await file.renew();
    }
  }
}

/** @throws `reason` unless the engine admits the spare key. */
async function inForceAlready(
  open: RotationHere['open'],
  spare: Spare,
  reason: BanyanError,
): Promise<{ requested: Requested; spare: Spare }> {
  const refused = (): never => {
    throw reason;
  };
  const connection = await open(spare.privateKey).catch(refused);
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

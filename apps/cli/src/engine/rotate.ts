import { loadConfig, withConfigLock, type EngineSettings } from '#config';
import type { PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { BanyanError } from '#errors';
import {
  previousInForce,
  PreviousKeyFile,
  type PreviousKey,
} from '../../../engine/src/keys/previous-key-file.js';
import { rotationSteps, takeSteps } from '../../../engine/src/keys/rotation-steps.js';
import type { RunningEngine } from './admin-socket.js';
import { clients } from './clients.js';

/** The engine waits five seconds for its agents, and then changes the tunnel. */
const TAKE_TIMEOUT_MS = 30_000;

/** What a rotation, or its end, has come to. */
export interface Rotated {
  /** `taught`: clients learn the new key by the old one; `compromised`: nobody does; `forgotten`: nobody does any more. */
  readonly rotation: 'taught' | 'compromised' | 'forgotten';
  readonly public_key: string;
  readonly fingerprint: string;
  readonly previous_fingerprint: string;
  readonly answers_by_previous: boolean;
  /** Names of admitted clients. */
  readonly learned: readonly string[];
  readonly not_learned: readonly string[];
  /** Whether there is an engine that does as said, and not only files. */
  readonly running: boolean;
  readonly warnings: readonly string[];
}

/**
 * Gives the engine a new key: in its files, and in the running engine if there is one. One that was cut off between
 * the two is gone on with.
 *
 * @throws BanyanError `conflict` while an earlier rotation is under way, or a change by hand waits for a restart.
 */
export async function rotate(settings: EngineSettings, engine: RunningEngine | undefined): Promise<Rotated> {
  const previous = await previousInForce(settings);
  const { publicKey } = settings.privateKey;
  const running = engine && (await engine.call('engineStatus', {}));
  const isBehind = running !== undefined && running.publicKey !== publicKey.text;
  const isCutOff = isBehind && previous?.privateKey.publicKey.text === running.publicKey;
  if (isBehind && !isCutOff) {
    throw new BanyanError('conflict', `the engine runs with another key than ${settings.configPath} has`, {
      remedy: 'sudo systemctl restart banyan-engine, and rotate then.',
    });
  }
  if (previous && !isCutOff) throw await underWay(settings, previous);
  const written = isCutOff ? { publicKey, warnings: [] } : await changeFiles(settings, true);
  const report = await engine?.call('takeEngineKey', {}, TAKE_TIMEOUT_MS);
  return {
    rotation: 'taught',
    ...named(written.publicKey, isCutOff ? previous.privateKey.publicKey : publicKey),
    answers_by_previous: report?.answersByPrevious ?? true,
    learned: report?.learned ?? [],
    not_learned: report?.notLearned ?? (await admitted(settings)),
    running: engine !== undefined,
    warnings: written.warnings,
  };
}

/** As {@link rotate}, for a key that is in other hands: it teaches nobody, and is answered by no more. */
export async function replaceCompromised(
  settings: EngineSettings,
  engine: RunningEngine | undefined,
): Promise<Rotated> {
  const { publicKey, warnings } = await changeFiles(settings, false);
  await engine?.call('takeEngineKey', {}, TAKE_TIMEOUT_MS);
  return {
    rotation: 'compromised',
    ...named(publicKey, settings.privateKey.publicKey),
    answers_by_previous: false,
    learned: [],
    not_learned: await admitted(settings),
    running: engine !== undefined,
    warnings,
  };
}

/** Ends a rotation, whoever has not learned the new key by then. @throws BanyanError `not-found` when there is none. */
export async function forget(settings: EngineSettings, engine: RunningEngine | undefined): Promise<Rotated> {
  const previous = await previousInForce(settings);
  if (!previous) {
    throw new BanyanError('not-found', 'no rotation of the key is under way', {
      remedy: '`banyan-engine status` names the previous key while there is one.',
    });
  }
  const report = await engine?.call('forgetEngineKey', {});
  if (!engine) await new PreviousKeyFile(settings.stateDir).remove();
  const all = await admitted(settings);
  const isLearned = await learners(settings, previous);
  return {
    rotation: 'forgotten',
    ...named(settings.privateKey.publicKey, previous.privateKey.publicKey),
    answers_by_previous: false,
    learned: report?.learned ?? all.filter((name) => isLearned.has(name)),
    not_learned: report?.notLearned ?? all.filter((name) => !isLearned.has(name)),
    running: engine !== undefined,
    warnings: [],
  };
}

function named(
  now: PublicKey,
  before: PublicKey,
): Pick<Rotated, 'public_key' | 'fingerprint' | 'previous_fingerprint'> {
  return {
    public_key: now.text,
    fingerprint: now.fingerprint,
    previous_fingerprint: before.fingerprint,
  };
}

async function underWay(settings: EngineSettings, previous: PreviousKey): Promise<BanyanError> {
  const isLearned = await learners(settings, previous);
  const left = (await admitted(settings)).filter((name) => !isLearned.has(name));
  return new BanyanError(
    'conflict',
    `a rotation is under way: the new key is not known yet by ${left.join(', ') || 'everybody'}`,
    {
      remedy:
        'Wait until they were online, or end it with `banyan-engine rotate --forget`, which names who must be told by hand.',
    },
  );
}

async function changeFiles(
  settings: EngineSettings,
  isTaught: boolean,
): Promise<{ publicKey: PublicKey; warnings: readonly string[] }> {
  const { configPath } = settings;
  return withConfigLock(configPath, async () => {
    const { settings: now } = await loadConfig('engine', configPath);
    const next = generateKey();
    const warnings = await takeSteps(await rotationSteps(now, next, isTaught));
    return { publicKey: next.publicKey, warnings };
  });
}

/** Names of the clients that are admitted by the files. */
async function admitted(settings: EngineSettings): Promise<string[]> {
  const { clients: all } = await clients(settings, undefined);
  return all.flatMap(({ state, name }) => (state === 'admitted' ? [name] : []));
}

/** Names of those of them that have learned the new key. */
async function learners(settings: EngineSettings, { learned }: PreviousKey): Promise<ReadonlySet<string>> {
  const { clients: all } = await clients(settings, undefined);
  return new Set(all.flatMap(({ name, public_key: key }) => (key && learned.has(key) ? [name] : [])));
}

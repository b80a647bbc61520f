import { loadConfig, withConfigLock, type EngineSettings } from '#config';
import type { PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { asBanyanError, BanyanError } from '#errors';
import { lockHolder } from '#host';
import { auditDirectory, auditLock } from '../../../engine/src/audit/files.js';
import {
  previousInForce,
  PreviousKeyFile,
  type PreviousKey,
} from '../../../engine/src/keys/previous-key-file.js';
import { rotationSteps, takeSteps } from '../../../engine/src/keys/rotation-steps.js';
import { UntakenKeyFile } from '../../../engine/src/keys/untaken-key-file.js';
import type { RunningEngine } from './admin-socket.js';
import { clients } from './clients.js';
import { byHand } from './rotation-report.js';

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
 * Why an engine that runs here cannot be told anything, where that is so: its socket is gone, which is no sign that it is.
 */
export async function whyUnreachable(settings: EngineSettings): Promise<string | undefined> {
  const pid = await lockHolder(auditLock(auditDirectory(settings.stateDir)));
  if (pid === undefined) return undefined;
  return `${pid === 0 ? 'a process' : `process ${pid}`} holds its audit log, and does not answer on ${settings.runDir}/admin.sock`;
}

/** @throws BanyanError `unavailable` when one runs that could not be told of what is about to change. */
async function refuseUnreachable(settings: EngineSettings, engine: RunningEngine | undefined): Promise<void> {
  const why = engine ? undefined : await whyUnreachable(settings);
  if (why === undefined) return;
  throw new BanyanError('unavailable', `an engine runs here that cannot be told: ${why}`, {
    remedy: 'sudo systemctl restart banyan-engine, and try again.',
  });
}

/**
 * Gives the engine a new key: in its files, and in the running engine if there is one. One that was cut off between
 * the two is gone on with.
 *
 * @throws BanyanError `conflict` while an earlier rotation is under way, or a change by hand waits for a restart;
 *   `unavailable` when the running engine does not answer.
 */
export async function rotate(settings: EngineSettings, engine: RunningEngine | undefined): Promise<Rotated> {
  await refuseUnreachable(settings, engine);
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

/**
 * As {@link rotate}, for a key that is in other hands: it teaches nobody, and is answered by no more. The files come
 * first, so that a restart is all that is left to do where the running engine cannot be told.
 *
 * @throws BanyanError that says so; trying again makes no other key, until the engine has taken this one.
 */
export async function replaceCompromised(
  settings: EngineSettings,
  engine: RunningEngine | undefined,
): Promise<Rotated> {
  const why = engine ? undefined : await whyUnreachable(settings);
  const isRunning = engine !== undefined || why !== undefined;
  const before = settings.privateKey.publicKey;
  const isAgain = isRunning && (await new UntakenKeyFile(settings.stateDir).names(before));
  const { publicKey, warnings } = isAgain
    ? { publicKey: before, warnings: [] }
    : await changeFiles(settings, false, isRunning);
  if (why !== undefined) throw untold(publicKey, new BanyanError('unavailable', why));
  const report = await engine?.call('takeEngineKey', {}).catch((error: unknown) => {
    throw untold(publicKey, asBanyanError(error));
  });
  return {
    rotation: 'compromised',
    public_key: publicKey.text,
    fingerprint: publicKey.fingerprint,
    previous_fingerprint: (isAgain && report?.previousFingerprint) || before.fingerprint,
    answers_by_previous: false,
    learned: [],
    not_learned: await admitted(settings),
    running: engine !== undefined,
    warnings,
  };
}

/** Ends a rotation, whoever has not learned the new key by then. @throws BanyanError `not-found` when there is none. */
export async function forget(settings: EngineSettings, engine: RunningEngine | undefined): Promise<Rotated> {
  await refuseUnreachable(settings, engine);
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

function untold({ fingerprint, text }: PublicKey, { kind, message }: BanyanError): BanyanError {
  const { agent, cli } = byHand(text);
  return new BanyanError(
    kind,
    `the files have a new key, ${fingerprint}, but the running engine could not be told (${message}): it still answers by the key that may be stolen`,
    {
      remedy: `Restart it now: sudo systemctl restart banyan-engine. Then, on every agent: ${agent} and on every operator's: ${cli}`,
    },
  );
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
  isToBeTaken = false,
): Promise<{ publicKey: PublicKey; warnings: readonly string[] }> {
  const { configPath } = settings;
  return withConfigLock(configPath, async () => {
    const { settings: now } = await loadConfig('engine', configPath);
    const next = generateKey();
    if (isToBeTaken) await new UntakenKeyFile(now.stateDir).write(next.publicKey);
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

import { credentials, type Channel } from '@grpc/grpc-js';
import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { EngineServiceClient } from '#protocol';
import { dial, target } from './dial.js';
import type { EngineConnection } from './engine-connection.js';
import { KnownEngines } from './known-engines.js';
import { DIAL_TIMEOUT_MS, type EngineSettings } from './open-engine.js';
import { PskCredentials } from './psk-credentials.js';
import { callUnary } from './unary.js';

const CONFIRM_TIMEOUT_MS = 3_000;

/** Puts `to` where an operator has configured `from`. @throws BanyanError when it cannot. */
export type SaveEngineKey = (from: PublicKey, to: PublicKey) => Promise<void>;

/**
 * Takes over the key that the engine says it has now. What counts is where it was said: on a connection that was
 * proven by the key this client knows. The new one is proven too before anything is written, so that a client is
 * never left with a key that nobody holds; and it is saved before the engine is told that it was learned.
 *
 * @param save is for a configured key; one that was pinned at first use is moved where it is, and stays unconfirmed.
 * @returns the new key, which alone is to be believed from now on.
 * @throws BanyanError `unavailable` when the new key is not proven, and whatever saving throws; the key that was known
 *   is the one to go on by then.
 */
export async function learnEngineKey(
  connection: EngineConnection,
  settings: EngineSettings,
  save: SaveEngineKey,
): Promise<PublicKey> {
  const { newKey, engineKey, at } = connection;
  if (!newKey) throw new BanyanError('invalid', 'the engine has said nothing of another key');
  const proven = await dial(at, new PskCredentials(settings.privateKey, newKey), DIAL_TIMEOUT_MS);
  try {
    if (settings.engineKey) await save(engineKey, newKey);
    else {
      const name = target(settings.engineHost, settings.enginePort);
      await new KnownEngines(settings.stateDir).move(name, engineKey, newKey);
    }
    await confirm(proven, connection);
  } finally {
    proven.close();
  }
  return newKey;
}

/** Every later call by the new key says it too: nothing is lost when this one fails. */
async function confirm(channel: Channel, connection: EngineConnection): Promise<void> {
  const shared = { channelOverride: channel };
  const client = new EngineServiceClient('engine', credentials.createInsecure(), shared);
  await callUnary(client, 'confirmEngineKey', {}, connection.metadata(), CONFIRM_TIMEOUT_MS).catch(
    () => undefined,
  );
}

import type { EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { BanyanError } from '#errors';
import { requestRotation, type Requested } from './request.js';
import type { SpareKey } from './spare-key.js';

/** How often a key is made anew that somebody else has, or whose tunnel address somebody has. */
const KEYS_TRIED = 5;

export interface Asked {
  readonly requested: Requested;
  /** The key that was asked for. */
  readonly spare: PrivateKey;
}

/**
 * Asks for the spare key there is, else for a new one, which is on disk before.
 *
 * @param kept is told of each key before the engine is.
 * @throws BanyanError as {@link requestRotation}; `host` when the key cannot be kept.
 */
export async function askForKey(
  connection: EngineConnection,
  file: SpareKey,
  say: (sentence: string) => void,
  kept: (spare: PrivateKey) => void = () => undefined,
): Promise<Asked> {
  let { privateKey: spare } = await file.obtain();
  for (let tried = 1; ; tried += 1) {
    kept(spare);
    say(`asking the engine for the key ${spare.publicKey.fingerprint}`);
    try {
      return { requested: await requestRotation(connection, spare), spare };
    } catch (error) {
      if (!(error instanceof BanyanError) || error.kind !== 'conflict' || tried >= KEYS_TRIED) throw error;
      say(error.message);
      ({ privateKey: spare } = await file.renew());
    }
  }
}

import type { EngineConnection } from '#channel';
import { adoptKey, type AgentSettings, type CliSettings } from '#config';
import type { PrivateKey } from '#crypto';
import { finishRotation } from './request.js';
import type { SpareKey } from './spare-key.js';

/**
 * The engine has admitted the spare key on this connection: has that made final, puts it into the config, and only
 * then lets go of the file that holds it.
 *
 * @returns sentences for the operator.
 * @throws BanyanError `conflict` when the engine is putting the old key back; of the config, when that cannot take it:
 *   the spare key then stays where it is and goes on working.
 */
export async function settle(
  connection: EngineConnection,
  settings: Pick<AgentSettings | CliSettings, 'role' | 'configPath' | 'privateKey'>,
  spare: SpareKey,
  key: PrivateKey,
): Promise<readonly string[]> {
  await finishRotation(connection);
  const { role, configPath, privateKey } = settings;
  const warnings = await adoptKey(role, configPath, privateKey.publicKey, key);
  await spare.remove();
  return warnings;
}

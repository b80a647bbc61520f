import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { readConfig } from './load.js';
import { withConfigLock } from './lock.js';
import { saveSection } from './save.js';
import { checkSection } from './section.js';

/**
 * Puts the engine's new key in the place of the one that is configured, in one step, with all the rest as it is.
 *
 * @throws BanyanError `conflict` when another key than `from` is configured: an operator was here meanwhile; `host`
 *   when the file cannot be written.
 */
export async function saveEngineKey(
  role: 'agent' | 'cli',
  path: string,
  { from, to }: { readonly from: PublicKey; readonly to: PublicKey },
): Promise<void> {
  await withConfigLock(path, async () => {
    const file = await readConfig(path);
    const { section } = checkSection(role, file?.document[role], path);
    if (section.engine_wg_public_key === to.text) return;
    if (section.engine_wg_public_key !== from.text) {
      throw new BanyanError(
        'conflict',
        `${path} names another engine key than this one was told at its start`,
      );
    }
    await saveSection(role, path, { engine_wg_public_key: to.text });
  });
}

import { version } from '#host';
import type { Log } from '#log';
import { readEmbedded } from '../store/embedded/read-embedded.js';
import { openStore, type StoreOptions } from '../store/open.js';
import type { Entry } from '../store/store.js';
import { OF_THE_MOMENT, type Backup } from './backup.js';

/**
 * What the store holds at one moment. The engine may run: the embedded store's file is replaced as a whole, and
 * etcd answers a range as of one revision, so neither needs a lock or the engine's help.
 *
 * @throws BanyanError of the store; `not-found` when there is none.
 */
export async function takeBackup(options: StoreOptions, log: Log): Promise<Backup> {
  const entries = await entriesOf(options, log);
  return {
    madeAt: new Date().toISOString(),
    madeBy: version,
    storeBackend: options.backend,
    entries: entries
      .filter(({ key }) => !key.startsWith(OF_THE_MOMENT))
      .map(({ key, value }) => ({ key, value })),
  };
}

async function entriesOf(options: StoreOptions, log: Log): Promise<readonly Entry[]> {
  if (options.backend === 'embedded') return readEmbedded(options.stateDir);
  const store = await openStore(options, log);
  try {
    return await store.list('');
  } finally {
    await store.close();
  }
}

import type { EngineSettings, StoreAccess } from '#config';
import type { Log } from '#log';
import { EmbeddedStore } from './embedded/embedded-store.js';
import type { Store } from './store.js';

export interface StoreOptions {
  readonly backend: 'embedded' | 'etcd';
  /** URLs of etcd, one for each member; of no use to the embedded store. */
  readonly addresses: readonly string[];
  readonly access: StoreAccess;
  /** Directory of the embedded store; of no use to etcd. */
  readonly stateDir: string;
}

/** Opens the store that was asked for, never another. @throws BanyanError with what to check. */
export async function openStore(options: StoreOptions, log: Log): Promise<Store> {
  if (options.backend === 'embedded') return EmbeddedStore.open(options.stateDir, log);
  // Its client takes 5 MB, which most engines have no use for.
  const { EtcdStore } = await import('./etcd/etcd-store.js');
  return EtcdStore.open(options.addresses, options.access, log);
}

/** Where these settings say that the store is. */
export function storeOptions(
  settings: Pick<EngineSettings, 'storeBackend' | 'storeAddresses' | 'storeAccess' | 'stateDir'>,
): StoreOptions {
  return {
    backend: settings.storeBackend,
    addresses: settings.storeAddresses,
    access: settings.storeAccess,
    stateDir: settings.stateDir,
  };
}

import type { EngineSettings, StoreAccess } from '#config';
import { EmbeddedStore } from './embedded/embedded-store.js';
import { EtcdStore } from './etcd/etcd-store.js';
import type { Log } from './log.js';
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
export function openStore(options: StoreOptions, log: Log): Promise<Store> {
  return options.backend === 'etcd'
    ? EtcdStore.open(options.addresses, options.access, log)
    : EmbeddedStore.open(options.stateDir, log);
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

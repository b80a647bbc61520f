import { EmbeddedStore } from './embedded/embedded-store.js';
import { EtcdStore } from './etcd/etcd-store.js';
import type { Log } from './log.js';
import type { Store } from './store.js';

export interface StoreOptions {
  readonly backend: 'embedded' | 'etcd';
  /** URL of etcd; of no use to the embedded store. */
  readonly address: string;
  /** Directory of the embedded store; of no use to etcd. */
  readonly stateDir: string;
}

/** Opens the store that was asked for, never another. @throws BanyanError with what to check. */
export function openStore(options: StoreOptions, log: Log): Promise<Store> {
  return options.backend === 'etcd'
    ? EtcdStore.open(options.address, log)
    : EmbeddedStore.open(options.stateDir, log);
}

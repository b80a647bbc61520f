import type { ICompare, IKeyValue, IRequestOp } from 'etcd3';
import type { StoreAccess } from '#config';
import { BanyanError } from '#errors';
import type { Log } from '#log';
import type { Compare, Entry, Operation, Store, Subscription } from '../store.js';
import { checkTransaction } from '../transaction.js';
import { Watchers } from '../watchers.js';
import { readAccess } from './access.js';
import { Cluster } from './cluster.js';
import { etcdError } from './error.js';
import { EtcdWatch } from './etcd-watch.js';

/** All our keys are under it: the cluster may serve others. */
const ETCD_PREFIX = '/banyan/v1/';

/** A store in an etcd cluster: linearizable reads, transactions with compares, and none of etcd's locks. */
export class EtcdStore implements Store {
  readonly #watchers: Watchers;
  readonly #watch: EtcdWatch;
  readonly #calls = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  private constructor(
    private readonly cluster: Cluster,
    log: Log,
  ) {
    this.#watchers = new Watchers(log);
    this.#watch = new EtcdWatch(
      cluster,
      rangeOf(''),
      {
        changed: (keys) => this.#watchers.changed(keys.map((key) => key.slice(ETCD_PREFIX.length))),
        missed: () => this.#watchers.missed(),
      },
      log,
    );
  }

  /**
   * @param addresses URLs of etcd, one for each member, as in `store_address`.
   * @throws BanyanError `unavailable` within seconds when nothing there answers as etcd; `forbidden`; of the
   *   files that `access` names.
   */
  static async open(addresses: readonly string[], access: StoreAccess, log: Log): Promise<EtcdStore> {
    const given = await readAccess(addresses, access);
    if (given.user && !given.tls && !addresses.every(isLoopback)) {
      log.say(
        'security.weakened',
        'the password of etcd crosses the network in the clear: use https in store_address',
      );
    }
    const cluster = new Cluster(addresses, given, ({ kv }) => kv.range({ ...rangeOf(''), limit: 1 }));
    try {
      await cluster.read(({ kv }) => kv.range({ ...rangeOf(''), limit: 1 }));
    } catch (error) {
      cluster.close();
      throw error;
    }
    log.say('store.opened', `using etcd at ${cluster.name}`);
    return new EtcdStore(cluster, log);
  }

  async get(key: string): Promise<Entry | undefined> {
    const [found] = await this.#read({ key: bytes(key) });
    return found;
  }

  async list(...prefixes: string[]): Promise<Entry[]> {
    const entries = new Map((await this.#read(...prefixes.map(rangeOf))).map((entry) => [entry.key, entry]));
    return [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async transact(compares: readonly Compare[], operations: readonly Operation[]): Promise<boolean> {
    checkTransaction(compares, operations);
    const request = { compare: compares.map(toCompare), success: operations.map(toRequest) };
    return this.#call(async () => (await this.cluster.change(({ kv }) => kv.txn(request))).succeeded);
  }

  watch(prefix: string, onChange: () => void): Subscription {
    return this.#watchers.add(prefix, onChange);
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#watchers.clear();
      this.#watch.close();
      await Promise.allSettled(this.#calls);
      this.cluster.close();
    })();
    return this.#closed;
  }

  /** In one transaction: ranges that are read one after the other need not fit each other. */
  async #read(...ranges: { key: Buffer; range_end?: Buffer }[]): Promise<Entry[]> {
    const request = { success: ranges.map((range) => ({ request_range: range })) };
    const { responses } = await this.#call(() => this.cluster.read(({ kv }) => kv.txn(request)));
    return responses.flatMap(({ response_range }) => response_range.kvs.map(toEntry));
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed)
      throw new BanyanError('unavailable', `the store in etcd at ${this.cluster.name} is closed`);
    const answer = call();
    this.#calls.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw etcdError(this.cluster.name, error);
    } finally {
      this.#calls.delete(answer);
    }
  }
}

function isLoopback(address: string): boolean {
  return /^(127\.[0-9.]+|\[::1\]|localhost)$/.test(new URL(address).hostname);
}

function bytes(key: string): Buffer {
  return Buffer.from(ETCD_PREFIX + key, 'latin1');
}

/** Every key that begins with `prefix`: up to the first that follows them all. Keys end at 0x7e, so adding 1 does not carry. */
function rangeOf(prefix: string): { key: Buffer; range_end: Buffer } {
  const key = bytes(prefix);
  const end = Buffer.from(key);
  end[end.length - 1]! += 1;
  return { key, range_end: end };
}

/** Revisions are int64 in etcd; a double counts a million changes a second for 285 years. */
function toEntry({ key, value, mod_revision }: IKeyValue): Entry {
  return {
    key: key.toString('latin1').slice(ETCD_PREFIX.length),
    value: value.toString('utf8'),
    revision: Number(mod_revision),
  };
}

function toCompare({ key, revision }: Compare): ICompare {
  return { key: bytes(key), target: 'Mod', result: 'Equal', mod_revision: revision };
}

function toRequest(operation: Operation): IRequestOp {
  const key = bytes(operation.key);
  return operation.kind === 'delete'
    ? { request_delete_range: { key } }
    : { request_put: { key, value: Buffer.from(operation.value) } };
}

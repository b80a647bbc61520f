import type { Etcd3, IWatchResponse } from 'etcd3';
import type { EtcdAccess } from './access.js';
import { etcdAddress } from './address.js';
import { etcdError } from './error.js';
import { Member } from './member.js';

/** Of a call, milliseconds: where there are others to ask, none is waited for that long. */
const TIMEOUT_MS = 4_000;
const TIMEOUT_OF_MANY_MS = 2_000;

export type WatchStream = Awaited<ReturnType<Etcd3['watchClient']['watch']>>;
export type { IWatchResponse };

/**
 * The members of an etcd cluster, of which one is used until it fails; then the next. A read is simply made again
 * there. A change is made once, on a member that has just shown that it answers and is with the majority: what
 * is lost in between has an unknown outcome, and whoever called knows what to read again.
 */
export class Cluster {
  /** For messages. */
  readonly name: string;
  readonly #members: readonly Member[];
  #used = 0;
  #onMoved: () => void = () => undefined;

  /**
   * @param addresses URLs, as the config has checked them.
   * @param probe a cheap read of what we may read.
   */
  constructor(
    addresses: readonly string[],
    access: EtcdAccess,
    private readonly probe: (client: Etcd3) => Promise<unknown>,
  ) {
    this.name = addresses.join(', ');
    const timeoutMs = addresses.length > 1 ? TIMEOUT_OF_MANY_MS : TIMEOUT_MS;
    this.#members = addresses.map((address) => new Member(etcdAddress(address), access, timeoutMs));
  }

  /** Calls when another member is used from now on: a stream of the one before may be dead. */
  onMoved(moved: () => void): void {
    this.#onMoved = moved;
  }

  /** A call that may be repeated. @throws BanyanError when no member answers, or one refuses. */
  async read<T>(work: (client: Etcd3) => Promise<T>): Promise<T> {
    return (await this.#readOn(work)).answer;
  }

  /** A call that is made once. @throws BanyanError; the outcome of an `unavailable` one is unknown. */
  async change<T>(work: (client: Etcd3) => Promise<T>): Promise<T> {
    // Where there is only one, to look first would only cost time.
    const member = this.#members.length > 1 ? (await this.#readOn(this.probe)).member : this.#members[0]!;
    try {
      return await member.call(work);
    } catch (error) {
      throw this.#failed(member, error);
    }
  }

  /** A stream for watches, on a member that answers. @throws BanyanError as {@link read}. */
  async watch(): Promise<WatchStream> {
    const { member } = await this.#readOn(this.probe);
    return member.call((client) => client.watchClient.watch());
  }

  close(): void {
    for (const member of this.#members) member.close();
  }

  async #readOn<T>(work: (client: Etcd3) => Promise<T>): Promise<{ answer: T; member: Member }> {
    for (let left = this.#members.length; ; left--) {
      const member = this.#members[this.#used]!;
      try {
        return { answer: await member.call(work), member };
      } catch (error) {
        const failure = this.#failed(member, error);
        if (failure.kind !== 'unavailable' || left <= 1) throw failure;
      }
    }
  }

  #failed(member: Member, error: unknown): ReturnType<typeof etcdError> {
    const failure = etcdError(this.name, error);
    const isUsed = this.#members[this.#used] === member;
    if (failure.kind === 'unavailable' && isUsed && this.#members.length > 1) {
      this.#used = (this.#used + 1) % this.#members.length;
      this.#onMoved();
    }
    return failure;
  }
}

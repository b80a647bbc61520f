import { TokenBucket } from './token-bucket.js';

export interface ClientLimits {
  /** Open connections of one key. */
  readonly connections: number;
  /** Calls and streams of one key that are open at the same time. */
  readonly calls: number;
  /** Calls of one key a second. */
  readonly callsPerSecond: number;
}

/** After a pause, as many calls as this many seconds are worth come at once. */
const BURST_SECONDS = 5;

/** Which limit a call has met. */
export type CallLimit = 'calls' | 'rate';

/** What one admitted key has open. Pure. */
export class Account<T> {
  /** In the order of opening. */
  readonly #connections = new Set<T>();
  readonly #rate: TokenBucket;
  #calls = 0;

  constructor(
    readonly key: string,
    private readonly limits: ClientLimits,
  ) {
    this.#rate = new TokenBucket({
      perSecond: limits.callsPerSecond,
      burst: limits.callsPerSecond * BURST_SECONDS,
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  get calls(): number {
    return this.#calls;
  }

  /**
   * The newest is always taken: a component that was cut off leaves connections behind that are open only here.
   * @returns the oldest, when there is one too many.
   */
  opened(connection: T): T | undefined {
    this.#connections.add(connection);
    if (this.#connections.size <= this.limits.connections) return undefined;
    const [oldest] = this.#connections;
    this.#connections.delete(oldest!);
    return oldest;
  }

  closed(connection: T): void {
    this.#connections.delete(connection);
  }

  /** @returns the limit that a call meets; without one it has begun, and `ended` is due. */
  began(now: number): CallLimit | undefined {
    if (this.#calls >= this.limits.calls) return 'calls';
    if (!this.#rate.take(now)) return 'rate';
    this.#calls += 1;
    return undefined;
  }

  /** Bound, to be given away for every call. */
  readonly ended = (): void => {
    this.#calls -= 1;
  };

  /** A message on a stream, which is work as a call is. @returns false above the rate. */
  message(now: number): boolean {
    return this.#rate.take(now);
  }
}

/** One account for each admitted key, kept over its reconnections: an account is not made new by dropping a connection. */
export class Accounts<T> {
  readonly #byKey = new Map<string, Account<T>>();

  constructor(private readonly limits: ClientLimits) {}

  get size(): number {
    return this.#byKey.size;
  }

  of(key: string): Account<T> {
    let account = this.#byKey.get(key);
    if (!account) this.#byKey.set(key, (account = new Account(key, this.limits)));
    return account;
  }

  /** The key is revoked. */
  forget(key: string): void {
    this.#byKey.delete(key);
  }
}

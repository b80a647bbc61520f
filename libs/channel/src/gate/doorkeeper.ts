import type { Socket } from 'node:net';
import { BanyanError } from '#errors';
import { plainAddress } from '../path.js';
import { Accounts, type Account, type CallLimit } from './accounts.js';
import { tupleOf, type Connection, type Connections, type Ends } from './connection.js';
import { Hellos } from './hellos.js';
import { clientLimits, INTRODUCTIONS, STRANGER_CALLS, strangerBounds, type GateLimits } from './limits.js';
import { sourceOf } from './source.js';
import { Strangers, type Eviction, type Reason } from './strangers.js';
import { SharedBuckets } from './token-bucket.js';

/** How often strangers are looked at whose time is over, or who send too much. Only while there are any. */
const LOOK_MS = 20;
/** Who was refused has this long to read why. */
const REFUSED_MS = 1_000;

/** Who met a limit: an address nobody is known by, or an admitted key. */
export type Limited = { readonly address: string } | { readonly key: string };

/** What the gate is told by whoever knows the whitelist. */
export interface Judge {
  readonly admits: (keyText: string) => boolean;
  /** Called whenever a limit is met, however often: a log line for each would be a flood of its own. */
  readonly limited: (who: Limited, what: string) => void;
}

/** Until it is told, the gate admits nobody. */
const NOBODY: Judge = { admits: () => false, limited: () => undefined };

/**
 * Holds the gate's limits: carries out, on sockets, what {@link Strangers}, {@link Accounts} and the buckets decide.
 * Whoever is admitted is told apart from strangers as early as may be, and what strangers use up is never theirs.
 */
export class Doorkeeper {
  judge = NOBODY;
  readonly #strangers: Strangers<Socket>;
  readonly #accounts: Accounts<Connection>;
  readonly #introductions = new SharedBuckets(INTRODUCTIONS.each, INTRODUCTIONS.all);
  readonly #strangerCalls = new SharedBuckets(STRANGER_CALLS.each, STRANGER_CALLS.all);
  readonly #hellos = new Hellos();
  /** Those whose hello has come before. */
  readonly #copied = new WeakSet<Socket>();
  /** A connection over TLS is another object than the socket that was accepted; both have the same ends. */
  readonly #byTuple = new Map<string, Socket>();
  readonly #accepted = new WeakMap<Connection, Socket>();
  readonly #known = new WeakMap<Connection, Account<Connection>>();
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: GateLimits,
    private readonly connections: Connections,
  ) {
    this.#strangers = new Strangers(strangerBounds(limits));
    this.#accounts = new Accounts(clientLimits(limits));
  }

  /** How many are open of whom nobody knows who they are. */
  get strangers(): number {
    return this.#strangers.size;
  }

  /** Somebody has connected. @returns false when it is gone already. */
  arrived(socket: Socket): boolean {
    const tuple = tupleOf(socket);
    if (socket.remoteAddress === undefined) return false;
    this.#byTuple.set(tuple, socket);
    socket.once('close', () => {
      // The kernel may have given the tuple to a newer connection before this event.
      if (this.#byTuple.get(tuple) === socket) this.#byTuple.delete(tuple);
      this.#strangers.leave(socket);
    });
    const source = sourceOf(plainAddress(socket.remoteAddress));
    this.#close(this.#strangers.enter(socket, source, performance.now()));
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return true;
  }

  /** It has sent its whole beginning: this hello of TLS, or the preface of HTTP/2. */
  spoke(socket: Socket, hello?: Buffer): void {
    this.#strangers.spoke(socket);
    if (hello && !this.#hellos.isNew(hello)) this.#copied.add(socket);
  }

  /** It wants to speak plain HTTP/2. @returns whether it may. */
  plain(socket: Socket): boolean {
    return this.#introduces(socket.remoteAddress);
  }

  /** A hello names a key; its proof is what comes next. @returns whether a key exchange is to be spent on it. */
  named(ends: Ends, keyText: string): boolean {
    const socket = this.#byTuple.get(tupleOf(ends));
    if (!socket) return false;
    // A copy shows only that somebody held the key once. It is a stranger's, and not refused: who sees a hello on its
    // way could send the copy ahead of it.
    if (!this.judge.admits(keyText) || this.#copied.has(socket)) return this.#introduces(ends.remoteAddress);
    this.#close(this.#strangers.ties(socket, keyText, true));
    return true;
  }

  /** It has shown what it is: a caller with a proven key, or a plain one. */
  connected(connection: Connection, ends: Ends): void {
    const socket = this.#byTuple.get(tupleOf(ends));
    if (!socket) return;
    this.#accepted.set(connection, socket);
    const key = connection.provenKey?.text;
    if (key === undefined) return;
    if (this.judge.admits(key)) this.admitted(connection, key);
    else this.#close(this.#strangers.ties(socket, key, false));
  }

  /** The caller is on the whitelist, under this key. */
  admitted(connection: Connection, keyText: string): void {
    const socket = this.#accepted.get(connection);
    if (!socket || socket.destroyed || this.#known.has(connection)) return;
    const source = this.#strangers.leave(socket);
    if (source !== undefined && !connection.provenKey) this.#introductions.giveBack(source);
    const account = this.#accounts.of(keyText);
    this.#known.set(connection, account);
    socket.once('close', () => account.closed(connection));
    const oldest = account.opened(connection);
    if (!oldest) return;
    this.connections.end(oldest);
    const most = this.limits.connectionsPerClient;
    this.judge.limited({ key: keyText }, `more than ${most} connections of one client; the oldest is closed`);
  }

  /** The caller was told that it is not on the whitelist. */
  refused(connection: Connection): void {
    const socket = this.#accepted.get(connection);
    if (socket) this.#strangers.until(socket, performance.now() + REFUSED_MS);
  }

  /** The key is admitted no more. */
  forget(keyText: string): void {
    this.#accounts.forget(keyText);
  }

  /**
   * A call begins.
   * @returns why it may not; else whom to tell of its end, if anybody.
   */
  call(connection: Connection): BanyanError | (() => void) | undefined {
    const account = this.#known.get(connection);
    if (!account) return this.#strangerCall(connection);
    const limit = account.began(performance.now());
    return limit === undefined ? account.ended : this.#tooMuch(account, limit);
  }

  /** A message on an open stream. @throws BanyanError `exhausted` when its caller sends too many. */
  message(connection: Connection): void {
    const account = this.#known.get(connection);
    if (account && !account.message(performance.now())) throw this.#tooMuch(account, 'rate');
  }

  close(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #introduces(remoteAddress: string | undefined): boolean {
    if (remoteAddress === undefined) return false;
    const address = plainAddress(remoteAddress);
    if (this.#introductions.take(sourceOf(address), performance.now())) return true;
    this.judge.limited(
      { address },
      'too many new connections of callers that are not admitted; they are closed',
    );
    return false;
  }

  #strangerCall(connection: Connection): BanyanError | undefined {
    const address = connection.remoteAddress;
    if (this.#strangerCalls.take(sourceOf(address), performance.now())) return undefined;
    this.refused(connection);
    const what = 'too many calls by callers that are not admitted';
    this.judge.limited({ address }, what);
    return new BanyanError('exhausted', what, {
      remedy: 'Admit this component with `banyan-engine add-client` on the engine, or call less often.',
    });
  }

  #tooMuch(account: Account<Connection>, limit: CallLimit): BanyanError {
    const { callsPerClient, callRatePerClient } = this.limits;
    const [what, setting] =
      limit === 'calls'
        ? [`more than ${callsPerClient} open calls of one client`, 'max_calls_per_client']
        : [`more than ${callRatePerClient} calls a second of one client`, 'max_call_rate_per_client'];
    this.judge.limited({ key: account.key }, what);
    return new BanyanError('exhausted', what, {
      remedy: `Do less at a time; if it must be, raise engine.${setting} on the engine.`,
    });
  }

  #look(): void {
    for (const eviction of this.#strangers.overdue(performance.now(), ({ bytesRead }) => bytesRead))
      this.#close(eviction);
    if (this.#strangers.size === 0) this.close();
  }

  #close(eviction: Eviction<Socket> | undefined): void {
    if (!eviction) return;
    const { visitor, source, reason } = eviction;
    visitor.destroy();
    const what = this.#sentence(reason);
    if (what !== undefined) this.judge.limited({ address: source }, what);
  }

  #sentence(reason: Reason): string | undefined {
    const { unknownConnections, unknownPerAddress } = this.limits;
    switch (reason) {
      case 'total':
        return `more than ${unknownConnections} connections of unknown callers, most of them from here; the oldest is closed`;
      case 'source':
        return `more than ${unknownPerAddress} connections of unknown callers; the oldest is closed`;
      case 'key':
        return 'too many connections by one key that is not known; the oldest is closed';
      case 'bytes':
        return 'a caller that is not admitted sends too much; it is closed';
      case 'time':
        return undefined;
    }
  }
}

import type { Socket } from 'node:net';
import type { PublicKey } from '#crypto';
import type { Path } from '../path.js';

/** What the gate knows about one accepted connection. Facts only: whether the caller is admitted is the guard's business. */
export interface Connection {
  readonly path: Path;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The key whose private half the caller proved to hold; absent on plain HTTP/2 and on the admin socket. */
  readonly provenKey?: PublicKey;
  /** The one of the engine's keys that was proven to the caller, with `provenKey`. */
  readonly engineKey?: PublicKey;
  /** Owner of the calling socket, where both ends are loopback and the connection is plain. */
  readonly callerUid?: number;
}

/** Both ends of a TCP connection as Node prints them; what `getConnectionInfo()` of grpc-js returns. */
export interface Ends {
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
}

interface Live {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly keys: Set<string>;
}

/**
 * Live connections, by the full 4-tuple and by key. The remote end alone is never an identity: two live
 * connections can share it, one to the tunnel address and one to the LAN address.
 */
export class Connections {
  readonly #byTuple = new Map<string, Live>();
  readonly #byConnection = new Map<Connection, Live>();
  readonly #byKey = new Map<string, Set<Live>>();

  get size(): number {
    return this.#byConnection.size;
  }

  /** @param ends read from the socket at accept: a closed socket no longer knows them. */
  add(connection: Connection, socket: Socket, ends: Ends): void {
    const tuple = tupleOf(ends);
    const live: Live = { connection, socket, keys: new Set() };
    this.#byTuple.set(tuple, live);
    this.#byConnection.set(connection, live);
    if (connection.provenKey) this.claim(connection, connection.provenKey.text);
    socket.once('close', () => {
      // The kernel may have given the tuple to a newer connection before this event.
      if (this.#byTuple.get(tuple) === live) this.#byTuple.delete(tuple);
      this.#byConnection.delete(connection);
      for (const key of live.keys) this.#forget(key, live);
    });
  }

  find(ends: Ends): Connection | undefined {
    return this.#byTuple.get(tupleOf(ends))?.connection;
  }

  /**
   * Ties a connection to a key that it acts for, so that revoking the key ends it.
   * @returns whether that is new.
   */
  claim(connection: Connection, keyText: string): boolean {
    const live = this.#byConnection.get(connection);
    if (!live || live.keys.has(keyText)) return false;
    live.keys.add(keyText);
    const sharing = this.#byKey.get(keyText);
    if (sharing) sharing.add(live);
    else this.#byKey.set(keyText, new Set([live]));
    return true;
  }

  /** The live connections that act for this key. */
  of(key: PublicKey): Connection[] {
    return [...(this.#byKey.get(key.text) ?? [])].map(({ connection }) => connection);
  }

  /** Ends every connection that acts for this key, at once. @returns how many there were. */
  destroy(keyText: string): number {
    const lives = [...(this.#byKey.get(keyText) ?? [])];
    for (const { socket } of lives) socket.destroy();
    return lives.length;
  }

  /** Ends one connection, at once. */
  end(connection: Connection): void {
    this.#byConnection.get(connection)?.socket.destroy();
  }

  /** Ends every connection that was proven by another key of the engine than these. @returns how many there were. */
  destroyUnless(engineKeys: readonly PublicKey[]): number {
    const lives = [...this.#byConnection.values()].filter(
      ({ connection: { engineKey } }) => engineKey && !engineKeys.some((key) => key.equals(engineKey)),
    );
    for (const { socket } of lives) socket.destroy();
    return lives.length;
  }

  /** How many there are of each path. */
  countByPath(): Map<Path, number> {
    const counts = new Map<Path, number>();
    for (const { path } of this.#byConnection.keys()) counts.set(path, (counts.get(path) ?? 0) + 1);
    return counts;
  }

  #forget(key: string, live: Live): void {
    const sharing = this.#byKey.get(key);
    sharing?.delete(live);
    if (sharing?.size === 0) this.#byKey.delete(key);
  }
}

/** Both ends as one text. */
export function tupleOf(ends: Ends): string {
  return `${ends.remoteAddress}|${ends.remotePort}|${ends.localAddress}|${ends.localPort}`;
}

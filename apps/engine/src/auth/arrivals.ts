import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { Connection, Path } from '#channel';

export interface Arrival {
  readonly name: string;
  readonly path: Path;
  /** Whether the caller proved its key, rather than naming it. */
  readonly proven: boolean;
  readonly connection: Connection;
}

/** Tells, once for each connection, that an admitted caller has made its first call on it. */
@Injectable()
export class Arrivals {
  readonly #seen = new WeakSet<Connection>();
  readonly #arrivals = new Subject<Arrival>();
  readonly stream = this.#arrivals.asObservable();

  has(connection: Connection): boolean {
    return this.#seen.has(connection);
  }

  note(name: string, connection: Connection): void {
    if (this.#seen.has(connection)) return;
    this.#seen.add(connection);
    const { path, provenKey } = connection;
    this.#arrivals.next({ name, path, proven: provenKey !== undefined, connection });
  }
}

import { Injectable } from '@nestjs/common';
import type { Actor } from './events.js';

/** Who is at work on a client's file: the whitelist sees only that it changed. */
@Injectable()
export class Actors {
  readonly #atWork = new Map<string, Actor>();

  /**
   * Does some work on the file of a client; what the whitelist finds changed of this client meanwhile is put down to
   * this actor.
   */
  async as<T>(actor: Actor, name: string, work: () => Promise<T>): Promise<T> {
    this.#atWork.set(name, actor);
    try {
      return await work();
    } finally {
      this.#atWork.delete(name);
    }
  }

  /** @returns `file` when nobody is known to be at work. */
  of(name: string): Actor {
    return this.#atWork.get(name) ?? 'file';
  }
}

import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { PublicKey } from '#crypto';

/**
 * Keys that were rotated away a moment ago. They are admitted to nothing, but stay peers of the control tunnel until
 * the answer to the rotation, which goes through it, has arrived.
 */
@Injectable()
export class FormerKeys {
  readonly changes = new Subject<void>();
  readonly #keys = new Map<string, PublicKey>();

  get all(): readonly PublicKey[] {
    return [...this.#keys.values()];
  }

  add(key: PublicKey): void {
    this.#keys.set(key.text, key);
    this.changes.next();
  }

  delete(key: PublicKey): void {
    if (this.#keys.delete(key.text)) this.changes.next();
  }
}

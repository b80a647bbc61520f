import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { PublicKey } from '#crypto';
import { messageOf } from '#errors';
import { log } from '#log';
import { EngineKeys } from '../keys/engine-keys.js';
import { AuditLog } from './audit-log.js';
import { engineKeyDestroyed, engineKeyRotated } from './events.js';
import { KnownClients } from './known-clients.js';

/**
 * Puts down in the audit log what becomes of the engine's own key: what the running engine does, and at a start what
 * `rotate`, `init` or a hand has changed in the files while none ran.
 */
@Injectable()
export class KeyTrail implements OnApplicationBootstrap {
  constructor(
    private readonly keys: EngineKeys,
    private readonly audit: AuditLog,
    private readonly known: KnownClients,
  ) {}

  onApplicationBootstrap(): void {
    const before = this.known.engine;
    const { current, previous } = this.keys;
    const now = previous?.privateKey.publicKey;
    if (before && !before.current.equals(current.publicKey)) {
      const isTaught = now?.equals(before.current) ?? false;
      this.audit.record(engineKeyRotated(before.current, current.publicKey, isTaught, 'command', true));
    }
    if (before?.previous && !(now && before.previous.equals(now))) {
      this.audit.record(engineKeyDestroyed(before.previous, undefined, true));
    }
    void this.#remember();
  }

  /** The running engine has another key than `before`. */
  rotated(before: PublicKey): void {
    const { current, previous } = this.keys;
    this.audit.record(
      engineKeyRotated(before, current.publicKey, previous !== undefined, 'admin socket', false),
    );
    void this.#remember();
  }

  /** The running engine answers by this key no more. @param left names of admitted clients that know no other. */
  destroyed(previous: PublicKey, left: readonly string[]): void {
    this.audit.record(engineKeyDestroyed(previous, left, false));
    void this.#remember();
  }

  async #remember(): Promise<void> {
    const { current, previous } = this.keys;
    this.known.engine = { current: current.publicKey, previous: previous?.privateKey.publicKey };
    // What could not be put down is found again at the next start.
    if (!(await this.audit.written())) return;
    await this.known.save().catch((error: unknown) => log.say('state.unsaved', messageOf(error)));
  }
}

import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import type { EngineSettings } from '#config';
import { messageOf } from '#errors';
import { termsText } from '#whitelist';
import { log } from '#log';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { StoreIdentity } from '../network/store-identity.js';
import { SETTINGS } from '../settings.js';
import type { Rotated } from '../whitelist/snapshot.js';
import { whyRevoked } from '../whitelist/why-revoked.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { Actors } from './actors.js';
import { AuditLog } from './audit-log.js';
import {
  clientAdmitted,
  clientChanged,
  clientRenamed,
  clientRevoked,
  engineStarted,
  keyRotated,
  securityMended,
  securityWeakened,
} from './events.js';
import { KnownClients } from './known-clients.js';
import { changedWeaknesses, weaknesses, type Weakness } from './weaknesses.js';

/** How often the host is asked whether it has become weaker, milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** Changes that come together are remembered together. A crash before that repeats some lines, and loses none. */
const SAVE_AFTER_MS = 1_000;

/** Puts down in the audit log what changes of the whitelist and of what protects it, whoever changed it. */
@Injectable()
export class WhitelistTrail implements OnApplicationBootstrap, OnModuleDestroy {
  #changes: Subscription | undefined;
  #looking: NodeJS.Timeout | undefined;
  #saving: NodeJS.Timeout | undefined;
  #weak: readonly Weakness[] = [];
  #isLate = true;

  constructor(
    @Inject(ENGINE) private readonly engine: EngineIdentity,
    @Inject(SETTINGS) private readonly settings: EngineSettings,
    private readonly audit: AuditLog,
    private readonly known: KnownClients,
    private readonly actors: Actors,
    private readonly whitelist: WhitelistService,
    private readonly store: StoreIdentity,
  ) {}

  onApplicationBootstrap(): void {
    const { version, publicKey } = this.engine;
    const clients = this.whitelist.snapshot.size;
    this.audit.record(engineStarted({ version, publicKey, storeId: this.store.id, clients }));
    this.#look();
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    this.#changes = this.whitelist.changes.subscribe(({ rotated }) => this.#compare(rotated));
    this.#compare();
  }

  onModuleDestroy(): void {
    this.#changes?.unsubscribe();
    clearInterval(this.#looking);
    clearTimeout(this.#saving);
  }

  #look(): void {
    const now = weaknesses(this.settings, this.whitelist.openDoors);
    const { come, gone } = changedWeaknesses(this.#weak, now);
    for (const { setting, why } of come) {
      this.audit.record(securityWeakened(setting, why));
      // What is open of the directory, the whitelist says itself as soon as it sees it.
      if (setting !== 'whitelisted_keys_dir') log.say('security.weakened', why, { setting });
    }
    for (const { setting, why } of gone) this.audit.record(securityMended(setting, why));
    this.#weak = now;
  }

  /** @param rotations that the whitelist knows this change to be. */
  #compare(rotations: readonly Rotated[] = []): void {
    // Nobody knows who is admitted: what is not seen is not gone.
    if (!this.whitelist.wasRead) return;
    const clients = [...this.whitelist.snapshot.clients()];
    const known = clients.map((client) => {
      const { name, publicKey } = client;
      return { name, publicKey, terms: termsText(client) };
    });
    const { admitted, renamed, changed, revoked } = this.known.update(known);
    const isLate = this.#isLate;
    this.#isLate = false;
    if (admitted.length + renamed.length + changed.length + revoked.length === 0) return;
    const rotated = new Set<string>();
    const why = whyRevoked(this.whitelist.snapshot);
    for (const client of revoked) {
      const next = rotations.find(({ before }) => before.publicKey.equals(client.publicKey))?.client;
      if (next) rotated.add(next.publicKey.text);
      this.audit.record(
        next
          ? keyRotated(client.name, client.publicKey, next.publicKey)
          : clientRevoked(client, this.actors.of(client.name), why(client.name), isLate),
      );
    }
    for (const { from, ...client } of renamed) {
      this.audit.record(clientRenamed(client, from, this.actors.of(client.name), isLate));
    }
    for (const { before, ...client } of changed) {
      this.audit.record(clientChanged(client, before, this.actors.of(client.name), isLate));
    }
    for (const client of admitted) {
      if (!rotated.has(client.publicKey.text)) {
        this.audit.record(clientAdmitted(client, this.actors.of(client.name), isLate));
      }
    }
    this.#saving ??= setTimeout(() => void this.#save(), SAVE_AFTER_MS).unref();
  }

  async #save(): Promise<void> {
    const isWritten = await this.audit.written();
    this.#saving = undefined;
    // What could not be put down is found again at the next start.
    if (isWritten)
      await this.known.save().catch((error: unknown) => log.say('state.unsaved', messageOf(error)));
  }
}

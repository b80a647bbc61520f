import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { Gate } from '#channel';
import type { EngineSettings } from '#config';
import { PublicKey } from '#crypto';
import { messageOf } from '#errors';
import { awaiting } from '#host';
import { log } from '#log';
import { Arrivals } from '../auth/arrivals.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { SETTINGS } from '../settings.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { lastSeenPath, readLastSeen, writeLastSeen } from './last-seen-file.js';

/** How often what is known is written down. */
const WRITE_MS = 3_600_000;

/**
 * When each key of the whitelist was last seen: made a call that was admitted, or had a connection open by which it
 * had. A call costs nothing more for it; over a crash of the engine up to an hour is lost.
 */
@Injectable()
export class LastSeen implements OnModuleInit, OnModuleDestroy {
  readonly #path: string;
  #sinceMs = Date.now();
  /** Milliseconds since the epoch by public key. */
  #seen = new Map<string, number>();
  #arriving: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(
    @Inject(SETTINGS) settings: EngineSettings,
    private readonly arrivals: Arrivals,
    private readonly gate: Gate,
    private readonly whitelist: WhitelistService,
    private readonly registry: AgentRegistry,
  ) {
    this.#path = lastSeenPath(settings.stateDir);
  }

  /** Since when the engine remembers it, milliseconds since the epoch. */
  get sinceMs(): number {
    return Math.min(this.#sinceMs, Date.now());
  }

  async onModuleInit(): Promise<void> {
    try {
      const known = await readLastSeen(this.#path);
      if (known) {
        this.#sinceMs = known.sinceMs;
        this.#seen = new Map(known.seen);
      }
    } catch (error) {
      log.say(
        'state.unreadable',
        `when clients were last seen is remembered from now on only: ${messageOf(error)}`,
      );
    }
    this.#arriving = this.arrivals.stream.subscribe(({ name }) => {
      const client = this.whitelist.snapshot.named(name);
      if (client) this.#seen.set(client.publicKey.text, Date.now());
    });
    this.#timer = setInterval(() => void this.#write(), WRITE_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    this.#arriving?.unsubscribe();
    await awaiting('when clients were last seen', this.#write());
  }

  /** Milliseconds since the epoch; undefined when it was not since {@link sinceMs}. */
  of(publicKey: PublicKey): number | undefined {
    const now = Date.now();
    if (this.gate.connections.of(publicKey).some((one) => this.arrivals.has(one))) return now;
    const seen = Math.max(
      this.#seen.get(publicKey.text) ?? 0,
      this.registry.keyed(publicKey)?.lastSeenMs ?? 0,
    );
    // A clock that was ahead must not keep a key young.
    return seen === 0 ? undefined : Math.min(seen, now);
  }

  /** Keeps what is about keys of the whitelist, and no more, as far as the whitelist is to be believed. */
  async #write(): Promise<void> {
    const { wasRead, directoryError, snapshot, spoilt } = this.whitelist;
    const known = [...snapshot.entries(), ...spoilt].flatMap(({ publicKey }) => publicKey ?? []);
    const isInDoubt = !wasRead || directoryError !== undefined;
    const keys = isInDoubt ? [...known, ...[...this.#seen.keys()].map((key) => PublicKey.parse(key))] : known;
    const entries = keys.flatMap((key) => {
      const time = this.of(key);
      return time === undefined ? [] : [[key.text, time] as const];
    });
    this.#seen = new Map(entries);
    await this.#writing;
    this.#writing = this.#save();
    await this.#writing;
  }

  async #save(): Promise<void> {
    try {
      await writeLastSeen(this.#path, { sinceMs: this.sinceMs, seen: this.#seen });
    } catch (error) {
      log.say('state.unsaved', `when clients were last seen is not written down: ${messageOf(error)}`);
    }
  }
}

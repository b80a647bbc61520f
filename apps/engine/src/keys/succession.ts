import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { filter, firstValueFrom, merge, Subject, timer, type Subscription } from 'rxjs';
import { Gate, type Connection } from '#channel';
import { loadConfig, type EngineSettings } from '#config';
import type { PublicKey } from '#crypto';
import { BanyanError, messageOf } from '#errors';
import { awaiting, Turns } from '#host';
import type { EngineKeyReport } from '#protocol';
import { log } from '#log';
import { KeyTrail } from '../audit/key-trail.js';
import { Arrivals } from '../auth/arrivals.js';
import { SETTINGS } from '../settings.js';
import { ControlTunnel } from '../tunnel/control-tunnel.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { EngineKeys } from './engine-keys.js';

/** How long the tunnel keeps the previous key for agents that are learning the new one, milliseconds. */
const LEARNING_MS = 5_000;
/** For what was written to streams to leave by the tunnel, before its key is another. */
const LEAVING_MS = 200;

/** One open stream of a client. */
export interface ToldStream {
  readonly connection: Connection;
  readonly publicKey: PublicKey;
  tell(engineKey: PublicKey): void;
  end(why: BanyanError): void;
}

/**
 * The way from one key of the engine to the next. Clients are told on connections that were proven by the previous
 * one; when all who are admitted have saved the new one, the previous one is destroyed.
 */
@Injectable()
export class Succession implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #streams = new Set<ToldStream>();
  readonly #turns = new Turns();
  /** Somebody learned, or left. */
  readonly #news = new Subject<void>();
  readonly #subscriptions: Subscription[] = [];
  /** Until the tunnel has the new key too, the previous one is not destroyed: clients are still on their way. */
  #isChanging = false;

  constructor(
    @Inject(SETTINGS) private readonly settings: EngineSettings,
    private readonly keys: EngineKeys,
    private readonly gate: Gate,
    private readonly whitelist: WhitelistService,
    private readonly tunnel: ControlTunnel,
    private readonly arrivals: Arrivals,
    private readonly trail: KeyTrail,
  ) {}

  onApplicationBootstrap(): void {
    this.#subscriptions.push(
      this.arrivals.stream.subscribe(({ name, connection }) => this.#arrived(name, connection)),
      this.whitelist.judged.subscribe(() => this.#consider()),
    );
    const { previous } = this.keys;
    if (!previous) return;
    const { fingerprint } = previous.privateKey.publicKey;
    log.say('engine.key_pending', `answering by the previous key ${fingerprint} too: ${this.#left()}`);
    this.#consider();
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await awaiting(
      'a change of the key',
      this.#turns.take(() => Promise.resolve()),
    );
  }

  get report(): EngineKeyReport {
    const { current, previous } = this.keys;
    // A slip in a client's file does not leave the client behind: it learns when the file is mended.
    const clients = [...this.whitelist.snapshot.clients(), ...this.whitelist.spoilt];
    const named = (learned: boolean): string[] =>
      clients
        .filter(({ publicKey }) => previous && previous.learned.has(publicKey.text) === learned)
        .map(({ name }) => name)
        .sort();
    return {
      fingerprint: current.publicKey.fingerprint,
      previousFingerprint: previous?.privateKey.publicKey.fingerprint ?? '',
      answersByPrevious: previous !== undefined,
      learned: named(true),
      notLearned: named(false),
    };
  }

  /** @returns to be called when the stream has ended. */
  follow(stream: ToldStream): () => void {
    this.#streams.add(stream);
    return () => {
      this.#streams.delete(stream);
      this.#news.next();
    };
  }

  /**
   * Takes the key that the configuration has now. With the previous one in its file, clients learn the new one before
   * the tunnel has it; without, the new one counts at once and nobody is told.
   *
   * @returns who had learned it when that was done, also when the previous key is destroyed by then.
   * @throws BanyanError when the configuration cannot be read.
   */
  take(): Promise<EngineKeyReport> {
    return this.#turns.take(async () => {
      const { settings } = await loadConfig('engine', this.settings.configPath);
      const before = this.keys.current.publicKey;
      if (settings.privateKey.publicKey.equals(before)) return this.report;
      this.#isChanging = true;
      try {
        await this.keys.take(settings.privateKey);
        this.trail.rotated(before);
        await this.#change();
      } finally {
        this.#isChanging = false;
      }
      const report = { ...this.report, previousFingerprint: before.fingerprint };
      this.#consider();
      return report;
    });
  }

  /** Destroys the previous key. @throws BanyanError `not-found` when there is none. */
  forget(): Promise<EngineKeyReport> {
    return this.#turns.take(async () => {
      const { report } = this;
      if (!this.keys.previous) {
        throw new BanyanError('not-found', 'the engine answers by no previous key', {
          remedy: 'There is nothing to forget: `banyan-engine status` would name it.',
        });
      }
      await this.#destroy(`an operator forgets it, ${this.#left()}`);
      return { ...report, answersByPrevious: false };
    });
  }

  async #change(): Promise<void> {
    const { current, previous } = this.keys;
    const { fingerprint } = current.publicKey;
    const closed = this.gate.useKeys({ current, previous: previous?.privateKey });
    if (previous) {
      log.say(
        'engine.key_rotated',
        `the key is ${fingerprint} from now on; clients learn it by the previous one`,
      );
      for (const stream of this.#former()) if (stream.connection.engineKey) stream.tell(current.publicKey);
      await firstValueFrom(
        merge(this.#news.pipe(filter(() => this.#learning().length === 0)), timer(this.#patience())),
      );
    } else {
      log.say(
        'engine.key_replaced',
        `the key is ${fingerprint} from now on, and nobody is told; ${closed} connections closed`,
      );
    }
    for (const stream of this.#former()) {
      stream.end(new BanyanError('unavailable', 'the control tunnel changes to the new key of the engine'));
    }
    if (previous) await delay(LEAVING_MS);
    await this.tunnel.rekey(current);
  }

  /** Streams that the change of the key cuts off, or leaves on the previous one. */
  #former(): ToldStream[] {
    return [...this.#streams].filter(
      ({ connection: { path, engineKey } }) =>
        path === 'tunnel' || (engineKey && !engineKey.equals(this.keys.current.publicKey)),
    );
  }

  #learning(): ToldStream[] {
    const learned = this.keys.previous?.learned;
    return this.#former().filter(({ publicKey }) => !learned?.has(publicKey.text));
  }

  #patience(): number {
    return this.#learning().length === 0 ? 0 : LEARNING_MS;
  }

  /** An admitted call on a connection that proved the new key: that client has it saved. */
  #arrived(name: string, { provenKey, engineKey }: Connection): void {
    if (!provenKey || !engineKey?.equals(this.keys.current.publicKey)) return;
    if (!this.keys.noteLearned(provenKey)) return;
    log.say('engine.key_learned', 'knows the new key', { name });
    this.#news.next();
    this.#consider();
  }

  /** A whitelist that could not be read, or is in doubt, says nothing about who is admitted. */
  #consider(): void {
    const { whitelist, keys } = this;
    if (this.#isChanging || !keys.previous || !whitelist.wasRead || whitelist.directoryError) return;
    if (this.report.notLearned.length > 0) return;
    void this.#turns
      .take(async () => {
        if (!this.keys.previous || this.report.notLearned.length > 0) return;
        await this.#destroy('everybody who is admitted knows the new one');
      })
      .catch((error: unknown) => log.say('service.failed', messageOf(error)));
  }

  async #destroy(why: string): Promise<void> {
    const { publicKey } = this.keys.previous!.privateKey;
    const { notLearned } = this.report;
    await this.keys.forget();
    this.trail.destroyed(publicKey, notLearned);
    this.gate.useKeys({ current: this.keys.current });
    log.say('engine.key_destroyed', `the previous key ${publicKey.fingerprint} is destroyed: ${why}`);
  }

  #left(): string {
    const { notLearned } = this.report;
    return notLearned.length === 0
      ? 'everybody knows the new one'
      : `${notLearned.join(', ')} ${notLearned.length === 1 ? 'has' : 'have'} not learned the new one`;
  }
}

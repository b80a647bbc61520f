import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { learnEngineKey, openEngine, tunnelAnswers, type EngineConnection, type TunnelPath } from '#channel';
import { saveEngineKey, type AgentSettings } from '#config';
import type { PublicKey } from '#crypto';
import { asBanyanError, BanyanError, complaint } from '#errors';
import { awaiting, pause } from '#host';
import { NetworkFollower } from './network/network-follower.js';
import { NetworkSession } from './network/network-session.js';
import { openSession, type Session } from './session.js';
import { settle } from '#rotation';
import { log } from '#log';
import { OwnKeys } from './own-keys.js';
import { StatusBoard } from './status-board.js';
import { CONTROL_TUNNEL, SETTINGS } from './tokens.js';
import { untilStopped } from './until-stopped.js';

/** A session that ends sooner counts as a failed attempt, so that its repetition is slowed down. */
const SHORT_SESSION_MS = 1_000;
/** How often an agent on the direct path looks whether the tunnel answers again. */
const TUNNEL_PROBE_MS = 10_000;
/** The engine gives the tunnel its new key a moment after it has ended the streams: dialled before, it would be dead. */
const TUNNEL_REKEY_MS = 1_000;
/** How often it is tried again to save the engine's new key. */
const LEARN_AGAIN_MS = 30_000;

/** Keeps this agent connected to its engine for as long as it runs, by the best path there is. */
@Injectable()
export class Connector implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #lastError = '';
  /** As configured; learned anew when the engine renews it. */
  #engineKey: PublicKey | undefined;
  #connection: EngineConnection | undefined;
  #name = '';
  #leave: ((why: string) => void) | undefined;
  /** Why it was last asked to reconnect. */
  #asked = '';

  constructor(
    @Inject(SETTINGS) private readonly settings: AgentSettings,
    @Inject(CONTROL_TUNNEL) private readonly tunnel: TunnelPath | undefined,
    private readonly status: StatusBoard,
    private readonly follower: NetworkFollower,
    private readonly network: NetworkSession,
    private readonly keys: OwnKeys,
  ) {
    this.#engineKey = settings.engineKey;
  }

  /** While the engine admits this agent by it; undefined between two. */
  get connection(): EngineConnection | undefined {
    return this.#connection;
  }

  /** As the engine said last. */
  get name(): string {
    return this.#name;
  }

  /** Of the last attempt that failed, since the last that did not. */
  get lastError(): string {
    return this.#lastError;
  }

  /** Ends this connection and makes another, with the key in use then. */
  reconnect(why: string): void {
    this.#leave?.(why);
  }

  onApplicationBootstrap(): void {
    this.#running = untilStopped(() => this.#connectOnce(), this.#stop.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    if (this.#running) await awaiting('the connection to the engine', this.#running);
  }

  /** From no connection to the end of one. Fails when none was made, so that the pause before the next grows. */
  async #connectOnce(): Promise<void> {
    let connection: EngineConnection | undefined;
    try {
      connection = await openEngine(this.#engineSettings(), log, this.tunnel);
      await this.status.reached(connection);
      const session = await openSession(connection, this.settings, await this.follower.registration());
      this.keys.admitted();
      await this.#settle(connection);
      await this.keys
        .remember()
        .catch((error: unknown) => log.say('state.unsaved', complaint(asBanyanError(error))));
      const since = performance.now();
      const why = await this.#live(connection, session);
      if (connection.channel === 'tunnel' && this.#isFormer(connection))
        await pause(TUNNEL_REKEY_MS, this.#stop.signal);
      if (why !== this.#asked && performance.now() - since < SHORT_SESSION_MS)
        throw new BanyanError('unavailable', why);
    } catch (error) {
      const known = asBanyanError(error, 'unavailable');
      // A proven answer, for everything else would be `unavailable`: nothing but this takes the network down.
      if (known.kind === 'unauthenticated') {
        if (this.keys.refused()) {
          log.say('agent.key_doubted', `${known.message}: trying the other key of this agent`);
          return;
        }
        await this.follower.revoked();
      } else if (connection) this.keys.undecided();
      else this.keys.unanswered();
      await this.#failed(known);
      throw known;
    } finally {
      connection?.close();
    }
  }

  /** A key that the config does not have yet is put there, once it was admitted. */
  async #settle(connection: EngineConnection): Promise<void> {
    const { current, configured, file } = this.keys;
    if (current.publicKey.equals(configured.publicKey)) return;
    try {
      const settings = { ...this.settings, privateKey: configured };
      for (const warning of await settle(connection, settings, file, current))
        log.say('service.warned', warning);
      this.keys.wasAdopted(current);
      log.say('agent.key_adopted', `the key of this agent is ${current.publicKey.fingerprint} now`);
    } catch (error) {
      const known = asBanyanError(error);
      // It works from the file it is in, and the next connection tries again.
      log.say(
        'agent.key_unadopted',
        `the new key is not in ${this.settings.configPath}: ${complaint(known)}`,
      );
    }
  }

  /** Stays until the session ends, the tunnel is back, or the agent stops. @returns which it was. */
  async #live(connection: EngineConnection, session: Session): Promise<string> {
    this.#lastError = '';
    this.#connection = connection;
    this.#name = session.name;
    log.say('agent.connected', `connected as ${session.name} by ${connection.channel}`, {
      channel: connection.channel,
    });
    await this.status.connected(session.name, connection);
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    const leave = this.network.open(connection, session);
    const learning = this.#learnt(connection, signal);
    try {
      const why = await Promise.race([
        session.ended.then((reason) => `the stream ended: ${reason.message}`),
        stopped(signal),
        // In the tunnel it stays until the engine ends the stream: the tunnel has its new key only then.
        ...(connection.channel === 'tunnel' ? [] : [learning.then(() => 'the engine has a new key')]),
        new Promise<string>((resolve) => (this.#leave = (asked) => resolve((this.#asked = asked)))),
        ...(connection.channel === 'direct' ? [this.#tunnelBack(connection, signal)] : []),
      ]);
      log.say('agent.disconnected', `leaving this connection: ${why}`);
      return why;
    } finally {
      this.#connection = undefined;
      over.abort();
      leave();
      session.close();
      if (!this.#stop.signal.aborted) await this.status.connecting();
    }
  }

  /** Settles when the engine has said that it has another key, and that one is saved here; else never. */
  async #learnt(connection: EngineConnection, signal: AbortSignal): Promise<void> {
    const key = await connection.renewed;
    while (!(await this.#learn(connection, key))) {
      // What keeps it from being saved may be gone then: a disk that is full, somebody who edits the config.
      await delay(LEARN_AGAIN_MS, undefined, { signal }).catch(() => new Promise<never>(() => undefined));
    }
  }

  /** @returns whether it is saved. */
  async #learn(connection: EngineConnection, key: PublicKey): Promise<boolean> {
    const { configPath } = this.settings;
    try {
      await this.follower.engineWillBe(connection.engineKey, key);
      await learnEngineKey(connection, this.#engineSettings(), async (from, to) => {
        await saveEngineKey('agent', configPath, { from, to });
        // From here on the old one is refused, whatever becomes of this connection.
        this.#engineKey = to;
      });
      log.say(
        'engine_key.learned',
        `the engine has a new key, ${key.fingerprint}; saved, and the old one is refused from now on`,
      );
      return true;
    } catch (error) {
      const { message, remedy = '' } = asBanyanError(error);
      log.say(
        'engine_key.unsaved',
        `the engine has a new key, ${key.fingerprint}, and it is not saved: ${message}. ${remedy} Or: sudo banyan-agent init --keep --engine-wg-public-key '${key.text}'. The old one serves for as long as the engine answers by it`,
      );
      return false;
    }
  }

  /** Settles when the tunnel carries again; until then, for ever. */
  async #tunnelBack(connection: EngineConnection, signal: AbortSignal): Promise<string> {
    const tunnel = this.tunnel;
    if (!tunnel) return new Promise<never>(() => undefined);
    for (;;) {
      await delay(TUNNEL_PROBE_MS, undefined, { signal }).catch(() => new Promise<never>(() => undefined));
      if (await tunnelAnswers(this.#engineSettings(), connection.engineKey, tunnel))
        return 'the tunnel answers again';
    }
  }

  #isFormer({ engineKey }: EngineConnection): boolean {
    return this.#engineKey !== undefined && !this.#engineKey.equals(engineKey);
  }

  async #failed(error: BanyanError): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#lastError = error.message;
    log.say('agent.unconnected', complaint(error));
    await this.status.failed(error);
  }

  #engineSettings(): Parameters<typeof openEngine>[0] {
    const { engineKey: _, ...rest } = this.settings;
    const engineKey = this.#engineKey;
    return { ...rest, privateKey: this.keys.current, ...(engineKey ? { engineKey } : {}) };
  }
}

function stopped(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('the agent stops');
    else signal.addEventListener('abort', () => resolve('the agent stops'), { once: true });
  });
}

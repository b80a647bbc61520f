import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { Gate, type Connection } from '#channel';
import type { EngineSettings } from '#config';
import { PublicKey, type PrivateKey } from '#crypto';
import { asBanyanError, BanyanError, complaint } from '#errors';
import { Turns } from '#host';
import { parseClientFile, parseClientName, type ClientRotation } from '#whitelist';
import { log } from '#log';
import { Allowance } from '../allowance.js';
import { EngineKeys } from '../keys/engine-keys.js';
import { NetworkService } from '../network/network.service.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { SETTINGS } from '../settings.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { FormerKeys } from './former-keys.js';
import { KeyMoves, type KeyMoveResult } from './key-moves.js';
import { Openings } from './openings.js';

/** How often each client may rotate: every time is work for all hosts, and a line of the audit log for good. */
const TIMES = 12;
const WINDOW_MS = 3_600_000;

/** Injection token of {@link RotationTiming}. */
export const ROTATION_TIMING = Symbol('rotation timing');

/** Milliseconds. */
export interface RotationTiming {
  /** How long a new key has to be seen working before the old one is put back. */
  readonly finish: number;
  /** How long the connections of an old key last that the answer goes by. */
  readonly linger: number;
}

export const TIMING: RotationTiming = { finish: 30_000, linger: 1_000 };

/** Who calls: what the connection has proven, and what that is on the whitelist now. */
export interface Proven {
  readonly name: string;
  readonly publicKey: PublicKey;
  readonly connection: Connection;
}

interface Unfinished {
  readonly rotation: ClientRotation;
  readonly linger: NodeJS.Timeout;
  readonly finish: NodeJS.Timeout;
}

/**
 * Components that replace their own key: asked for and proven, put in force, seen working. What the key is
 * in force by is the file alone; what is remembered here lasts no longer than the engine, and without it a component
 * that holds both keys still gets in by the one in the file.
 */
@Injectable()
export class Rotations implements OnModuleInit, BeforeApplicationShutdown {
  readonly #openings = new Openings();
  /** By name, until the answer. */
  readonly #confirming = new Map<string, Promise<KeyMoveResult>>();
  /** Names. */
  readonly #puttingBack = new Set<string>();
  readonly #turns = new Turns();
  readonly #allowance = new Allowance(TIMES, WINDOW_MS);
  readonly #unfinished = new Map<string, Unfinished>();
  #changes: Subscription | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: EngineSettings,
    @Inject(ROTATION_TIMING) private readonly timing: RotationTiming,
    private readonly whitelist: WhitelistService,
    private readonly registry: AgentRegistry,
    private readonly network: NetworkService,
    private readonly moves: KeyMoves,
    private readonly former: FormerKeys,
    private readonly gate: Gate,
    private readonly keys: EngineKeys,
  ) {}

  onModuleInit(): void {
    // A key that is revoked has nothing to go back to.
    this.#changes = this.whitelist.changes.subscribe(({ revoked }) => {
      for (const { name, publicKey } of revoked) {
        const unfinished = this.#unfinished.get(name);
        if (unfinished?.rotation.to.equals(publicKey)) this.#end(unfinished);
      }
    });
  }

  beforeApplicationShutdown(): void {
    this.#changes?.unsubscribe();
    for (const unfinished of [...this.#unfinished.values()]) this.#end(unfinished);
  }

  /**
   * @returns the nonce to prove the new key with; undefined where components may not replace their keys.
   * @throws BanyanError `invalid`, `conflict` for a key that cannot be had.
   */
  begin({ name, publicKey: from, connection }: Proven, newPublicKey: string): Buffer | undefined {
    const to = this.#usableKey(newPublicKey);
    const rotation: ClientRotation = { name: parseClientName(name), from, to };
    if (this.#isRotating(name)) throw isRotating(name);
    this.whitelist.refuseTaken(rotation);
    if (this.settings.keyRotation === 'deny') return undefined;
    return this.#openings.open(rotation, connection);
  }

  /**
   * Puts the new key in force; from then on the old one is as good as revoked.
   * @throws BanyanError that says why not; the old key is in force then.
   */
  async confirm(
    { name, connection }: Proven,
    given: { readonly nonce: Uint8Array; readonly proof: Uint8Array },
  ): Promise<KeyMoveResult> {
    const rotation = this.#openings.prove(name, connection, given, this.#engineKeyOf(connection));
    if (this.#isRotating(name)) throw isRotating(name);
    if (!this.#allowance.take(name, performance.now())) throw isTooOften(name);
    const confirming = this.#turns.take(async () => {
      const result = await this.#carryOut(rotation);
      this.#await(rotation);
      return result;
    });
    this.#confirming.set(name, confirming);
    try {
      return await confirming;
    } finally {
      this.#confirming.delete(name);
    }
  }

  /**
   * The new key works: the old one does not come back.
   * @throws BanyanError `conflict` when it is coming back already; `forbidden` when the new one was removed.
   */
  async finish({ name, publicKey }: Proven): Promise<void> {
    // It may be seen working before all hosts are told of it, which is what the rotation still waits for.
    await this.#confirming.get(name)?.catch(() => undefined);
    if (this.#puttingBack.has(name)) {
      throw new BanyanError('conflict', `the old key of ${name} is being put back`, {
        remedy: 'Rotate again.',
      });
    }
    this.#refuseUnlessInForce(name, publicKey);
    const unfinished = this.#unfinished.get(name);
    if (!unfinished?.rotation.to.equals(publicKey)) return;
    this.#end(unfinished);
    log.say('key.confirmed', `works with its new key (${publicKey.fingerprint})`, { name });
  }

  #isRotating(name: string): boolean {
    return this.#confirming.has(name) || this.#puttingBack.has(name) || this.#unfinished.has(name);
  }

  /** The one that the caller knows: while this engine's own key is renewed, that may be the one before. */
  #engineKeyOf({ engineKey }: Connection): PrivateKey {
    const own = engineKey && this.keys.holderOf(engineKey);
    if (own) return own;
    throw new BanyanError('forbidden', 'the key that this engine was known by is not answered by any more', {
      remedy: 'Connect again, and begin the rotation again.',
    });
  }

  #usableKey(text: string): PublicKey {
    const content = parseClientFile(PublicKey.parse(text, 'The new key').text, this.keys.own);
    if ('publicKey' in content) return content.publicKey;
    throw new BanyanError('invalid', `the new key is refused: ${content.reason}`, {
      remedy: 'Rotate again, which makes another key.',
    });
  }

  async #carryOut(rotation: ClientRotation): Promise<KeyMoveResult> {
    const { name, from, to } = rotation;
    this.#refuseUnlessInForce(name, from);
    this.whitelist.refuseTaken(rotation);
    const agent = this.registry.named(name);
    const result = agent?.publicKey.equals(from)
      ? await this.moves.move(agent, to)
      : { moved: [], offline: [] };
    this.former.add(from);
    try {
      // Whoever removed it while hosts prepared was first.
      this.#refuseUnlessInForce(name, from);
      await this.whitelist.rotate(rotation);
      if (agent && this.network.subnetOf(agent.id)) await this.network.hasPublished(to);
      this.#refuseUnlessInForce(name, to);
      return result;
    } catch (error) {
      this.former.delete(from);
      // Removed with the new key: nothing of the old one outlasts that.
      if (!this.#isInForce(name, from)) this.gate.destroyKey(from);
      // Hosts that have changed over are told what is so.
      this.network.repeat();
      throw error;
    }
  }

  #isInForce(name: string, key: PublicKey): boolean {
    return this.whitelist.snapshot.named(name)?.publicKey.equals(key) ?? false;
  }

  #refuseUnlessInForce(name: string, key: PublicKey): void {
    if (this.#isInForce(name, key)) return;
    throw new BanyanError(
      'forbidden',
      `the key of ${name} was removed or replaced meanwhile, and that counts`,
    );
  }

  #await(rotation: ClientRotation): void {
    const { name, from } = rotation;
    this.#unfinished.set(name, {
      rotation,
      linger: setTimeout(() => this.#dismiss(from), this.timing.linger),
      finish: setTimeout(() => void this.#putBack(rotation), this.timing.finish),
    });
  }

  #end({ rotation, linger, finish }: Unfinished): void {
    clearTimeout(linger);
    clearTimeout(finish);
    this.#unfinished.delete(rotation.name);
    this.#dismiss(rotation.from);
  }

  /** The old key is gone for good, and whatever it still held. */
  #dismiss(key: PublicKey): void {
    this.gate.destroyKey(key);
    this.former.delete(key);
  }

  async #putBack(rotation: ClientRotation): Promise<void> {
    const { name, from, to } = rotation;
    const unfinished = this.#unfinished.get(name);
    if (unfinished?.rotation !== rotation) return;
    this.#end(unfinished);
    this.#puttingBack.add(name);
    try {
      const back = { name: rotation.name, from: to, to: from };
      await this.whitelist.rotate(back);
      this.gate.destroyKey(to);
      log.say(
        'key.restored',
        `was not seen with its new key for ${this.timing.finish / 1_000} s: its old one (${from.fingerprint}) is in force again`,
        { name },
      );
    } catch (error) {
      log.say('key.stuck', `the old key cannot be put back: ${complaint(asBanyanError(error))}`, { name });
    } finally {
      this.#puttingBack.delete(name);
    }
  }
}

function isTooOften(name: string): BanyanError {
  return new BanyanError('exhausted', `the key of ${name} was rotated ${TIMES} times within an hour`, {
    remedy: 'Wait an hour, or replace the key with `banyan-engine add-client --replace`.',
  });
}

function isRotating(name: string): BanyanError {
  return new BanyanError('unavailable', `the key of ${name} is being rotated already`, {
    remedy: 'Try again in half a minute.',
  });
}

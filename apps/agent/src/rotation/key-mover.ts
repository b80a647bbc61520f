import { Inject, Injectable } from '@nestjs/common';
import { PublicKey } from '#crypto';
import type { DataPlane, HeldMove, KeyMove } from '#dataplane';
import { messageOf } from '#errors';
import type { KeyMove as Request, KeyMoveOrder, SyncRequest } from '#protocol';
import { log } from '#log';
import { Keeper } from '../network/keeper.js';
import { OwnKeys } from '../own-keys.js';
import { DATA_PLANE } from '../tokens.js';

type Answer = Extract<SyncRequest['message'], { $case: 'keyMoveReady' | 'keyMoveUnready' }>;

/** How long an engine is waited for that has asked and says nothing more, and for the network it describes then. */
const LAPSE_MS = { order: 8_000, description: 3_000 };

/**
 * Changes over to another key of a peer, or of this agent, at the moment the engine names. From being ready until the
 * network is described anew, no other pass over the host begins; a description ends that at once, since it may be a
 * revocation.
 */
@Injectable()
export class KeyMover {
  #request: Request | undefined;
  #held: HeldMove | undefined;
  /** A network was described since the hold was asked for. */
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  /** Set once the engine has given its order. */
  #moment: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DATA_PLANE) private readonly plane: DataPlane,
    private readonly keys: OwnKeys,
    private readonly keeper: Keeper,
  ) {}

  /** @param say tells the engine that this host is ready, or why it is not. */
  prepare(request: Request, say: (answer: Answer) => void): void {
    const since = performance.now();
    this.end();
    const unready = (why: string): void => {
      log.say('key_move.unready', `not ready for another key: ${why}`);
      say({ $case: 'keyMoveUnready', value: { move: request.move, why } });
    };
    const move = this.#understood(request);
    if (!move) return unready('this host does not have that key');
    this.#request = request;
    this.keeper.quiet = true;
    this.#lapseIn(LAPSE_MS.order);
    this.#hold(request, move).then(
      (isHeld) => {
        const tookMs = Math.round(performance.now() - since);
        if (isHeld) say({ $case: 'keyMoveReady', value: { move: request.move, tookMs } });
      },
      (error: unknown) => {
        if (this.#request === request) this.#lapse();
        unready(messageOf(error));
      },
    );
  }

  order({ move, calledOff, inMs }: KeyMoveOrder): void {
    if (this.#request?.move !== move) return;
    if (calledOff) return this.end();
    this.#lapseIn(inMs + LAPSE_MS.description);
    this.#moment = setTimeout(() => this.#go(), inMs);
  }

  /**
   * A network is about to be built, and comes first. The move is over with it, unless it is still to begin. One that was
   * ordered is made before: a busy host may read the order and the network that follows from it at once.
   */
  makeWay(): void {
    this.#again = true;
    if (!this.#held) return;
    if (this.#moment) this.#go();
    this.end();
  }

  /** Nothing is to be waited for any more. */
  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#moment);
    this.#request = this.#moment = undefined;
    this.keeper.quiet = false;
    this.#held?.release();
    this.#held = undefined;
  }

  #go(): void {
    this.#held
      ?.go()
      .catch((error: unknown) =>
        log.say('key_move.failed', `the key was not changed over: ${messageOf(error)}`),
      );
  }

  /** @returns whether this is what is held for now. */
  async #hold(request: Request, move: KeyMove): Promise<boolean> {
    do {
      this.#again = false;
      const held = await this.plane.hold(move);
      if (this.#request === request && !this.#again) {
        this.#held = held;
        return true;
      }
      // Then behind the pass that was asked for meanwhile.
      held.release();
    } while (this.#request === request);
    return false;
  }

  /** @returns undefined for what this agent has no part in: another one's key for it is not its own. */
  #understood({ publicKey, newPublicKey }: Request): KeyMove | undefined {
    const [from, to] = [PublicKey.tryParse(publicKey), PublicKey.tryParse(newPublicKey)];
    if (!from || !to) return undefined;
    if (!from.equals(this.keys.ofNetwork.publicKey)) return { from, to };
    const { spare } = this.keys;
    return spare?.publicKey.equals(to) ? { from, to, own: spare } : undefined;
  }

  #lapseIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lapse(), milliseconds).unref();
  }

  #lapse(): void {
    this.end();
    // The host may be what no description says.
    this.keeper.look();
  }
}

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Subject } from 'rxjs';
import type { DataPlane, LinkState } from '#dataplane';
import { messageOf } from '#errors';
import { awaiting, type Run } from '#host';
import type { NetworkPeer } from '#network';
import type { Link } from '#protocol';
import { DATA_PLANE, RUN } from '../tokens.js';
import { NetworkFollower } from './network-follower.js';
import { roundTrips } from './round-trips.js';

/** A link whose handshake is older is dead: WireGuard's REJECT_AFTER_TIME. */
const UP_MS = 180_000;
/** How often links are looked at, milliseconds: while they come up, and afterwards. */
const LOOK = { soon: 1_000, usual: 10_000 };
/** How long links that are not up are expected to come up. */
const COMING_UP_MS = 30_000;
/** Hosts asked for their round trip at a usual look; the others' turn comes with the next. */
const ASKED = 16;

/** A link of this host, with whom it is to. */
export interface ObservedLink extends Link {
  readonly name: string;
  readonly subnet: string;
}

/** Knows how the links of this host are. */
@Injectable()
export class LinkObserver implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly looks = new Subject<void>();
  readonly #log = new Logger('links');
  #states: readonly LinkState[] = [];
  /** Microseconds by public key. */
  readonly #roundTrips = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #peers: readonly NetworkPeer[] | undefined;
  #lastError = '';
  #changedAt = 0;
  #askedAt = -Infinity;
  #asking = true;
  #next = 0;
  #stopped = false;

  constructor(
    @Inject(DATA_PLANE) private readonly plane: DataPlane,
    @Inject(RUN) private readonly run: Run,
    private readonly follower: NetworkFollower,
  ) {
    follower.changes.subscribe(() => this.#networkChanged());
  }

  /** As they were at the last look; one for every peer. */
  get links(): readonly ObservedLink[] {
    return observed(this.#peers ?? [], this.#states, this.#roundTrips, Date.now());
  }

  onApplicationBootstrap(): void {
    this.#schedule(LOOK.soon);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (this.#looking) await awaiting('the look at its links', this.#looking);
  }

  /** Looks now. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  #networkChanged(): void {
    const peers = this.follower.view.applied?.peers;
    if (peers === this.#peers) return;
    this.#peers = peers;
    this.#changedAt = performance.now();
    this.#schedule(LOOK.soon);
  }

  #schedule(wait: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.look().then(() => this.#schedule(this.#pause())), wait);
  }

  #pause(): number {
    const comingUp = performance.now() - this.#changedAt < COMING_UP_MS && this.links.some(({ up }) => !up);
    return comingUp ? LOOK.soon : LOOK.usual;
  }

  async #look(): Promise<void> {
    try {
      this.#states = await this.plane.links();
      if (this.#asking && performance.now() - this.#askedAt >= LOOK.usual / 2) await this.#ask();
      this.#lastError = '';
      this.looks.next();
    } catch (error) {
      // Said when it changes, not at every look.
      if (messageOf(error) !== this.#lastError)
        this.#log.warn(`the links cannot be looked at: ${messageOf(error)}`);
      this.#lastError = messageOf(error);
    }
  }

  /** Asks some of the hosts behind links that are up. */
  async #ask(): Promise<void> {
    const { applied } = this.follower.view;
    const up = this.links.filter((link) => link.up);
    if (!applied || up.length === 0) return;
    this.#askedAt = performance.now();
    const turn = Array.from(
      { length: Math.min(ASKED, up.length) },
      (_, n) => up[(this.#next + n) % up.length]!,
    );
    this.#next = (this.#next + turn.length) % up.length;
    const gateways = new Map(
      applied.peers.map(({ publicKey, subnet }) => [publicKey.text, subnet.address(1)] as const),
    );
    const hosts = turn.flatMap(({ publicKey }) => gateways.get(publicKey) ?? []);
    try {
      const times = await roundTrips(this.run, applied.subnet.address(1), hosts);
      for (const { publicKey } of turn) {
        const time = times.get(gateways.get(publicKey) ?? '');
        if (time === undefined) this.#roundTrips.delete(publicKey);
        else this.#roundTrips.set(publicKey, time);
      }
    } catch (error) {
      this.#asking = false;
      this.#log.log(`round trips are not measured: ${messageOf(error)}`);
    }
  }
}

/** One link for every peer, in their order. @param now milliseconds since the epoch. */
export function observed(
  peers: readonly NetworkPeer[],
  states: readonly LinkState[],
  roundTrips: ReadonlyMap<string, number>,
  now: number,
): ObservedLink[] {
  const byKey = new Map(states.map((state) => [state.publicKey.text, state]));
  return peers.map(({ name, subnet, publicKey }) => {
    const state = byKey.get(publicKey.text);
    const latestHandshakeMs = state?.latestHandshakeMs ?? 0;
    const up = latestHandshakeMs > 0 && now - latestHandshakeMs < UP_MS;
    return {
      name,
      subnet: subnet.text,
      publicKey: publicKey.text,
      endpoint: state?.endpoint ?? '',
      latestHandshakeMs,
      receivedBytes: state?.receivedBytes ?? 0,
      sentBytes: state?.sentBytes ?? 0,
      roundTripUs: up ? (roundTrips.get(publicKey.text) ?? 0) : 0,
      up,
    };
  });
}

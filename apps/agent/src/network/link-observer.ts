import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Subject } from 'rxjs';
import type { DataPlane, LinkState } from '#dataplane';
import { messageOf } from '#errors';
import { awaiting, type Run } from '#host';
import type { NetworkPeer } from '#network';
import type { Link } from '#protocol';
import { SESSION_MS } from '#wireguard';
import { log } from '#log';
import { DATA_PLANE, RUN } from '../tokens.js';
import { LinkChanges } from './link-changes.js';
import { NetworkFollower } from './network-follower.js';
import { RoundTripTable } from './round-trip-table.js';

/** How often links are looked at, milliseconds: while they come up, and afterwards. */
const LOOK = { soon: 1_000, usual: 10_000 };
/** How long links that are not up are expected to come up. */
const COMING_UP_MS = 30_000;

/** A link of this host, with whom it is to. */
export interface ObservedLink extends Link {
  readonly name: string;
  readonly subnet: string;
  /** Since the last handshake, by a clock that nobody sets; undefined: there was none. */
  readonly handshakeAgeMs: number | undefined;
}

/** Knows how the links of this host are. */
@Injectable()
export class LinkObserver implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly looks = new Subject<void>();
  #states: readonly LinkState[] = [];
  #lookedAt = 0;
  readonly #changes = new LinkChanges();
  #growth: ReadonlyMap<string, number> = new Map();
  readonly #roundTrips: RoundTripTable;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #peers: readonly NetworkPeer[] | undefined;
  #changedAt = 0;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;
  #stopped = false;

  constructor(
    @Inject(DATA_PLANE) private readonly plane: DataPlane,
    @Inject(RUN) run: Run,
    private readonly follower: NetworkFollower,
  ) {
    this.#roundTrips = new RoundTripTable(run, log);
    follower.changes.subscribe(() => this.#networkChanged());
  }

  /** As they were at the last look; one for every peer. */
  get links(): readonly ObservedLink[] {
    return observed(
      this.#peers ?? [],
      this.#states,
      this.#roundTrips.times,
      performance.now() - this.#lookedAt,
    );
  }

  /** Bytes by public key that each link has carried between the last two looks. */
  get growth(): ReadonlyMap<string, number> {
    return this.#growth;
  }

  /** Links that are up, of those there should be. */
  get count(): { up: number; wanted: number } {
    const { links } = this;
    return { up: links.filter(({ up }) => up).length, wanted: links.length };
  }

  onApplicationBootstrap(): void {
    this.#schedule(LOOK.soon);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await awaiting('the look at its links', Promise.all([this.#looking, this.#asking]));
  }

  /** Looks now. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** Looks at one link, and asks the host at its other end now. @returns undefined when there is no such peer. */
  async measure(publicKey: string): Promise<ObservedLink | undefined> {
    const { applied } = this.follower.view;
    const peer = applied?.peers.find((one) => one.publicKey.text === publicKey);
    if (!applied || !peer) return undefined;
    const [roundTripUs] = await Promise.all([this.#roundTrips.measure(applied, peer), this.look()]);
    const link = this.links.find((one) => one.publicKey === publicKey);
    return link && { ...link, roundTripUs };
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
      const states = await this.plane.links();
      this.#growth = growthOf(this.#states, states);
      this.#states = states;
      this.#lookedAt = performance.now();
      for (const { event, name, sentence } of this.#changes.look(this.links))
        log.say(event, sentence, { name });
      this.#ask();
      this.looks.next();
    } catch (error) {
      log.say('links.unreadable', `the links cannot be looked at: ${messageOf(error)}`);
    }
  }

  /** Nobody waits for it: who does not answer takes a second. */
  #ask(): void {
    const { applied } = this.follower.view;
    if (!applied || performance.now() - this.#askedAt < LOOK.usual / 2) return;
    const up = new Set(this.links.flatMap((link) => (link.up ? [link.publicKey] : [])));
    if (up.size > 0) this.#askedAt = performance.now();
    this.#asking = this.#roundTrips.ask(applied, (key) => up.has(key)).then(() => this.looks.next());
  }
}

/** Bytes by public key. A counter that went back has begun anew. */
export function growthOf(
  before: readonly LinkState[],
  now: readonly LinkState[],
): ReadonlyMap<string, number> {
  const earlier = new Map(before.map((state) => [state.publicKey.text, bytesOf(state)]));
  return new Map(
    now.map((state) => {
      const key = state.publicKey.text;
      return [key, Math.max(0, bytesOf(state) - (earlier.get(key) ?? 0))];
    }),
  );
}

function bytesOf({ receivedBytes, sentBytes }: LinkState): number {
  return receivedBytes + sentBytes;
}

/** One link for every peer, in their order. @param sinceMs since `states` were looked at, milliseconds. */
export function observed(
  peers: readonly NetworkPeer[],
  states: readonly LinkState[],
  roundTrips: ReadonlyMap<string, number>,
  sinceMs = 0,
): ObservedLink[] {
  const byKey = new Map(states.map((state) => [state.publicKey.text, state]));
  return peers.map(({ name, subnet, publicKey }) => {
    const state = byKey.get(publicKey.text);
    const age = state?.handshakeAgeMs ?? Infinity;
    const up = age < SESSION_MS;
    return {
      name,
      subnet: subnet.text,
      publicKey: publicKey.text,
      endpoint: state?.endpoint ?? '',
      latestHandshakeMs: state?.latestHandshakeMs ?? 0,
      handshakeAgeMs: Number.isFinite(age) ? age + sinceMs : undefined,
      receivedBytes: state?.receivedBytes ?? 0,
      sentBytes: state?.sentBytes ?? 0,
      roundTripUs: up ? (roundTrips.get(publicKey.text) ?? 0) : 0,
      up,
    };
  });
}

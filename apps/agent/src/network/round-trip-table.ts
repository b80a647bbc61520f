import { messageOf } from '#errors';
import type { Run } from '#host';
import type { Log } from '#log';
import type { Network, NetworkPeer } from '#network';
import { roundTrips } from './round-trips.js';

/** Hosts that are asked at a time; the others' turn comes with the next. */
const ASKED = 16;
/** And at once by somebody who wants to know it now: each is a process of its own. */
const MEASURED = 4;
/** After `ping` could not be run, milliseconds: a busy host may be able to in a while. */
const REST_MS = 60_000;

/** How long a packet takes to each host and back, as it was measured last. A few hosts are asked at a time. */
export class RoundTripTable {
  /** Microseconds by public key. */
  #times: ReadonlyMap<string, number> = new Map();
  #asking: Promise<void> | undefined;
  #restsUntilMs = -Infinity;
  #complaint = '';
  /** By public key. */
  readonly #measuring = new Map<string, Promise<number>>();
  #next = 0;

  constructor(
    private readonly run: Run,
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get times(): ReadonlyMap<string, number> {
    return this.#times;
  }

  /** Asks the hosts whose turn it is, unless some are being asked. @param isUp whether there is a link to the host. */
  async ask(network: Network, isUp: (publicKey: string) => boolean): Promise<void> {
    if (this.#rests) return;
    this.#asking ??= this.#ask(network, isUp).finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  /**
   * Microseconds to one host, now; 0 when it does not answer. Whoever asks for one that is being measured has that, and
   * where too many are, what was measured last.
   */
  async measure(network: Network, peer: NetworkPeer): Promise<number> {
    const key = peer.publicKey.text;
    const open = this.#measuring.get(key);
    if (open) return open;
    if (this.#rests || this.#measuring.size >= MEASURED) return this.#times.get(key) ?? 0;
    const measuring = this.#measure(network, peer).finally(() => this.#measuring.delete(key));
    this.#measuring.set(key, measuring);
    return measuring;
  }

  async #measure({ subnet }: Network, peer: NetworkPeer): Promise<number> {
    const address = peer.subnet.address(1);
    try {
      const time = (await roundTrips(this.run, subnet.address(1), [address])).get(address);
      if (time !== undefined) this.#times = new Map([...this.#times, [peer.publicKey.text, time]]);
      return time ?? 0;
    } catch (error) {
      this.#rest(error);
      return 0;
    }
  }

  async #ask({ subnet, peers }: Network, isUp: (publicKey: string) => boolean): Promise<void> {
    const up = peers.filter(({ publicKey }) => isUp(publicKey.text));
    const turn = this.#turn(up);
    try {
      const hosts = turn.map((peer) => peer.subnet.address(1));
      const answers = await roundTrips(this.run, subnet.address(1), hosts);
      const asked = new Set(turn);
      const times = up.flatMap((peer) => {
        const key = peer.publicKey.text;
        const time = asked.has(peer) ? answers.get(peer.subnet.address(1)) : this.#times.get(key);
        return time === undefined ? [] : [[key, time] as const];
      });
      this.#times = new Map(times);
    } catch (error) {
      this.#rest(error);
    }
  }

  get #rests(): boolean {
    return this.now() < this.#restsUntilMs;
  }

  /** Said when it changes, not every minute. */
  #rest(error: unknown): void {
    this.#restsUntilMs = this.now() + REST_MS;
    const complaint = `round trips are not measured: ${messageOf(error)}`;
    if (complaint !== this.#complaint) this.log.say('round_trips.off', complaint);
    this.#complaint = complaint;
  }

  #turn(up: readonly NetworkPeer[]): NetworkPeer[] {
    const count = Math.min(ASKED, up.length);
    const turn = Array.from({ length: count }, (_, n) => up[(this.#next + n) % up.length]!);
    this.#next = up.length === 0 ? 0 : (this.#next + count) % up.length;
    return turn;
  }
}

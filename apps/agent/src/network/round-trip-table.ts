import { messageOf } from '#errors';
import type { Run } from '#host';
import type { Log } from '#log';
import type { Network, NetworkPeer } from '#network';
import { roundTrips } from './round-trips.js';

/** Hosts that are asked at a time; the others' turn comes with the next. */
const ASKED = 16;

/** How long a packet takes to each host and back, as it was measured last. A few hosts are asked at a time. */
export class RoundTripTable {
  /** Microseconds by public key. */
  #times: ReadonlyMap<string, number> = new Map();
  #asking: Promise<void> | undefined;
  #forbidden = false;
  #next = 0;

  constructor(
    private readonly run: Run,
    private readonly log: Log,
  ) {}

  get times(): ReadonlyMap<string, number> {
    return this.#times;
  }

  /** Asks the hosts whose turn it is, unless some are being asked. @param isUp whether there is a link to the host. */
  async ask(network: Network, isUp: (publicKey: string) => boolean): Promise<void> {
    if (this.#forbidden) return;
    this.#asking ??= this.#ask(network, isUp).finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  /** Microseconds to one host, now; 0 when it does not answer. */
  async measure({ subnet }: Network, peer: NetworkPeer): Promise<number> {
    if (this.#forbidden) return 0;
    const address = peer.subnet.address(1);
    try {
      const time = (await roundTrips(this.run, subnet.address(1), [address])).get(address);
      if (time !== undefined) this.#times = new Map([...this.#times, [peer.publicKey.text, time]]);
      return time ?? 0;
    } catch (error) {
      this.#forbid(error);
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
      this.#forbid(error);
    }
  }

  #forbid(error: unknown): void {
    this.#forbidden = true;
    this.log.say('round_trips.off', `round trips are not measured: ${messageOf(error)}`);
  }

  #turn(up: readonly NetworkPeer[]): NetworkPeer[] {
    const count = Math.min(ASKED, up.length);
    const turn = Array.from({ length: count }, (_, n) => up[(this.#next + n) % up.length]!);
    this.#next = up.length === 0 ? 0 : (this.#next + count) % up.length;
    return turn;
  }
}

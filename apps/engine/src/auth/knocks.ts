import { isIPv6 } from 'node:net';
import type { Path } from '#channel';
import type { PublicKey } from '#crypto';
import type { RoleAccess } from './access.js';

/** A call by a proven key that is not on the whitelist. */
export interface Knock {
  readonly publicKey: PublicKey;
  readonly address: string;
  readonly path: Path;
  /** What the call was for, as far as that tells what the caller is. */
  readonly role: RoleAccess | undefined;
}

/** A key as it is remembered: where it came from last, and how often it came, times in milliseconds. */
export interface Stranger extends Knock {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly times: number;
}

/** One moment by two clocks, milliseconds: since the epoch, to be shown, and by one that nobody sets, to count by. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

const KEYS = 100;
const MINUTE_MS = 60_000;
/** Keys that are new, from one origin in a minute; a host with several components has few. */
const NEW_A_MINUTE = 10;
const ORIGINS = 1_024;

/**
 * Keys that knocked, in memory that is bounded fairly: a key costs nothing to make, and whoever floods this from one
 * place pushes out only what came from there. Of that, it takes no more than ten new keys a minute, so that one which
 * comes again and again, as an agent does, always came later than most of them.
 */
export class Knocks {
  readonly #strangers = new Map<string, Stranger>();
  readonly #fresh = new Map<string, { since: number; count: number }>();

  note(knock: Knock, now: Moment): void {
    const { text } = knock.publicKey;
    const known = this.#strangers.get(text);
    if (!known && !this.#mayBeNew(originOf(knock), now.steady)) return;
    if (!known && this.#strangers.size >= KEYS) this.#makeRoom();
    // The order of the map is that of the last knocks.
    this.#strangers.delete(text);
    const { firstMs, times } = known ?? { firstMs: now.wall, times: 0 };
    this.#strangers.set(text, { ...knock, firstMs, lastMs: now.wall, times: times + 1 });
  }

  forget({ text }: PublicKey): void {
    this.#strangers.delete(text);
  }

  /** The one that came last first. */
  list(): Stranger[] {
    return [...this.#strangers.values()].reverse();
  }

  #mayBeNew(origin: string, now: number): boolean {
    const fresh = this.#fresh.get(origin);
    if (fresh && now - fresh.since < MINUTE_MS) {
      fresh.count += 1;
      return fresh.count <= NEW_A_MINUTE;
    }
    this.#fresh.delete(origin);
    for (const [oldest] of this.#fresh) {
      if (this.#fresh.size < ORIGINS) break;
      this.#fresh.delete(oldest);
    }
    this.#fresh.set(origin, { since: now, count: 1 });
    return true;
  }

  /** Of the origin that most are from, the one that has not come for longest. */
  #makeRoom(): void {
    const byOrigin = Map.groupBy(this.#strangers.values(), originOf);
    const most = [...byOrigin.values()].reduce((most, some) => (some.length > most.length ? some : most));
    this.forget(most[0]!.publicKey);
  }
}

/** Who has one address of IPv6 has its whole /64. */
function originOf({ address }: Knock): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  if (tail === undefined) return groups(head).slice(0, 4).join(':');
  const zeros = 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)].slice(0, 4).join(':');
}

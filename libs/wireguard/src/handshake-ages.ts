import type { ActualPeer } from './device.js';

/** A session older than this is dead: WireGuard's REJECT_AFTER_TIME, and keepalives renew it before. Milliseconds. */
export const SESSION_MS = 180_000;

/** Milliseconds by a clock that may be set, since the epoch, and by one that only goes on. */
export interface Clocks {
  readonly wall: number;
  readonly steady: number;
}

interface Heard {
  readonly latestHandshakeMs: number | undefined;
  /** By the steady clock. */
  readonly at: number;
}

/**
 * How long ago peers were heard. WireGuard says by the wall clock when, and a clock that is set must not make
 * sessions dead or immortal. So its word is taken once, when a handshake is first seen; from then on the steady
 * clock counts, and a handshake between two looks is no older than the first of them.
 */
export class HandshakeAges {
  #heard: ReadonlyMap<string, Heard> = new Map();
  #lookedAt = -Infinity;

  /** @returns milliseconds by public key, of those that were ever heard. */
  look(peers: readonly ActualPeer[], now: Clocks = clocks()): ReadonlyMap<string, number> {
    const ages = new Map<string, number>();
    const heard = new Map<string, Heard>();
    for (const { publicKey, latestHandshakeMs } of peers) {
      const before = this.#heard.get(publicKey.text);
      const seen =
        before !== undefined && before.latestHandshakeMs === latestHandshakeMs
          ? before
          : { latestHandshakeMs, at: this.#heardAt(latestHandshakeMs, before, now) };
      heard.set(publicKey.text, seen);
      if (latestHandshakeMs) ages.set(publicKey.text, now.steady - seen.at);
    }
    this.#heard = heard;
    this.#lookedAt = now.steady;
    return ages;
  }

  #heardAt(latestHandshakeMs = 0, before: Heard | undefined, { wall, steady }: Clocks): number {
    const said = steady - Math.max(0, wall - latestHandshakeMs);
    return before === undefined ? said : Math.max(said, this.#lookedAt);
  }
}

function clocks(): Clocks {
  return { wall: Date.now(), steady: performance.now() };
}

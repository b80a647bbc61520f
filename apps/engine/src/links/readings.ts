import type { Link, LinkReport } from '#protocol';

/** What an agent said of its links. */
export interface Reading {
  /** On a clock that only goes forward, milliseconds. */
  readonly atMs: number;
  /** By the public key of the peer. */
  readonly links: ReadonlyMap<string, Link>;
  /** Links that it has and did not say anything of. */
  readonly leftOut: number;
}

/** Bytes a second. */
export interface Rates {
  readonly received: number;
  readonly sent: number;
}

/** Two readings that are closer together say nothing of a rate, milliseconds. */
const SPACING_MS = 300;
/** Nor do two that are further apart: what was before a pause is not now. */
const MEMORY_MS = 60_000;

/** The last two readings of each agent that are far enough apart to tell what its links carry. */
export class Readings {
  readonly #byAgent = new Map<string, { readonly base: Reading | undefined; readonly last: Reading }>();

  note(agentId: string, { links, leftOut }: LinkReport, atMs: number): void {
    const last = { atMs, links: new Map(links.map((link) => [link.publicKey, link])), leftOut };
    const known = this.#byAgent.get(agentId);
    const base = known && atMs - known.last.atMs >= SPACING_MS ? known.last : known?.base;
    this.#byAgent.set(agentId, { base, last });
  }

  /** What this agent said last, if that was since then. */
  of(agentId: string, sinceMs: number): Reading | undefined {
    const last = this.#byAgent.get(agentId)?.last;
    return last && last.atMs >= sinceMs ? last : undefined;
  }

  /** What a link carries by the word of this end; undefined while that is not known. */
  rates(agentId: string, peerKey: string): Rates | undefined {
    const known = this.#byAgent.get(agentId);
    const now = known?.last.links.get(peerKey);
    const before = known?.base?.links.get(peerKey);
    if (!known?.base || !now || !before) return undefined;
    const ms = known.last.atMs - known.base.atMs;
    if (ms > MEMORY_MS) return undefined;
    return {
      received: perSecond(now.receivedBytes - before.receivedBytes, ms),
      sent: perSecond(now.sentBytes - before.sentBytes, ms),
    };
  }

  clear(): void {
    this.#byAgent.clear();
  }
}

/** A counter that went back has begun anew. What an agent says need not be likely, and goes into a message. */
function perSecond(bytes: number, ms: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round((bytes * 1_000) / ms)));
}

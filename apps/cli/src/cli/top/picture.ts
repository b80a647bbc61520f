import type { ListLinksResponse, MeshLink } from '#protocol';

/** One link in `banyan-cli top --json`. */
export interface ShownLink {
  readonly a: string;
  readonly b: string;
  /** up, down or one-sided. */
  readonly state: string;
  /** Null: never. */
  readonly latest_handshake_ms: number | null;
  /** As an end measured it last. */
  readonly round_trip_ms: number | null;
  /** Null while it is not known. */
  readonly a_to_b_bytes_per_second: number | null;
  readonly b_to_a_bytes_per_second: number | null;
}

/** The network at one moment: one line of `banyan-cli top --json`. */
export interface Picture {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** How long it took to ask the agents, which is what a look takes at least. */
  readonly asked_ms: number;
  readonly agents: {
    readonly answered: number;
    /** Names. */
    readonly silent: readonly string[];
    readonly offline: readonly string[];
  };
  readonly links: {
    readonly wanted: number;
    readonly up: number;
    readonly down: number;
    /** Of those, links that are not in the list. */
    readonly left_out_down: number;
    readonly left_out_up: number;
  };
  /** Both ways, of all links that the engine was told of. */
  readonly bytes_per_second: number;
  /** Those that are not up, the longest first; then the busiest. */
  readonly list: readonly ShownLink[];
}

/** @param askedMs how long it took. @param now milliseconds since the epoch. */
export function pictureOf(answer: ListLinksResponse, askedMs: number, now = Date.now()): Picture {
  const named = (wanted: string): string[] =>
    answer.agents.filter(({ state }) => state === wanted).map(({ name }) => name);
  return {
    at: new Date(now).toISOString(),
    asked_ms: Math.round(askedMs),
    agents: { answered: named('answered').length, silent: named('silent'), offline: named('offline') },
    links: {
      wanted: answer.wanted,
      up: answer.up,
      down: answer.down,
      left_out_down: answer.leftOutDown,
      left_out_up: answer.leftOutUp,
    },
    bytes_per_second: answer.perSecond,
    list: answer.links.map(shownLink),
  };
}

export function shownLink(link: MeshLink): ShownLink {
  return {
    a: link.a,
    b: link.b,
    state: link.state,
    latest_handshake_ms: link.latestHandshakeMs || null,
    round_trip_ms: link.roundTripUs === 0 ? null : link.roundTripUs / 1_000,
    a_to_b_bytes_per_second: link.aToB ?? null,
    b_to_a_bytes_per_second: link.bToA ?? null,
  };
}

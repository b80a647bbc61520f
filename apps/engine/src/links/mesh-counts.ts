import type { MeshLink } from '#protocol';

/** Links of a network: how many there should be, are up, and are not. Of the rest nobody has said anything. */
export interface MeshCounts {
  readonly wanted: number;
  readonly up: number;
  readonly down: number;
}

/** Of links that were all told of: those themselves. @param wanted how many there should be. */
export function countAll(links: readonly MeshLink[], wanted: number): MeshCounts {
  const up = links.filter(({ state }) => state === 'up').length;
  return { wanted, up, down: links.length - up };
}

/**
 * Of more links than were told of, by how many of its links each agent says are up. Which those are that are not, the
 * two ends of one may both count: so that at least half as many links are down as ends are.
 *
 * @param links some that were told of: those that are not up come first.
 * @param speaking links that are up, of every agent that says so.
 */
export function countBySums(
  agents: number,
  speaking: readonly number[],
  links: readonly MeshLink[],
): MeshCounts {
  const wanted = pairs(agents);
  const endsDown = speaking.reduce((sum, up) => sum + Math.max(0, agents - 1 - up), 0);
  const known = links.filter(({ state }) => state !== 'up').length;
  const unknown = pairs(agents - speaking.length);
  const down = Math.min(wanted - unknown, Math.max(known, Math.ceil(endsDown / 2)));
  return { wanted, up: wanted - unknown - down, down };
}

/** How many links there are between so many agents. */
export function pairs(agents: number): number {
  return agents < 2 ? 0 : (agents * (agents - 1)) / 2;
}

/** How many there are with one of the named among so many agents at one end, or at both. */
export function pairsOf(named: number, agents: number): number {
  return pairs(agents) - pairs(agents - named);
}

import type { Link, MeshLink } from '#protocol';
import type { Rates } from './readings.js';

/** An agent of the network. */
export interface MeshPeer {
  readonly name: string;
  readonly publicKey: string;
}

/** What one agent says of its links, by the public key of the peer. */
export interface Word {
  readonly links: ReadonlyMap<string, Link>;
  rates(peerKey: string): Rates | undefined;
}

interface Ends {
  readonly a: MeshPeer;
  readonly b: MeshPeer;
  atA?: End;
  atB?: End;
}

interface End {
  readonly link: Link;
  readonly rates: Rates | undefined;
}

/**
 * The links that somebody says something of, each once: what its two ends say, put together. Pure.
 *
 * @param wordOf what this agent says; undefined when it says nothing.
 * @param wanted whether links between these two count, by name.
 */
export function meshLinks(
  peers: readonly MeshPeer[],
  wordOf: (peer: MeshPeer) => Word | undefined,
  wanted: (one: string, other: string) => boolean = () => true,
): MeshLink[] {
  const byKey = new Map(peers.map((peer) => [peer.publicKey, peer]));
  const pairs = new Map<string, Ends>();
  for (const own of peers) {
    const word = wordOf(own);
    for (const [key, link] of word?.links ?? []) {
      const other = byKey.get(key);
      if (!other || other === own || !wanted(own.name, other.name)) continue;
      const [a, b] = own.name < other.name ? [own, other] : [other, own];
      // A space is in no name.
      const id = `${a.name} ${b.name}`;
      const ends = pairs.get(id) ?? { a, b };
      pairs.set(id, ends);
      ends[own === a ? 'atA' : 'atB'] = { link, rates: word?.rates(key) };
    }
  }
  return Array.from(pairs.values(), meshLink);
}

function meshLink({ a, b, atA, atB }: Ends): MeshLink {
  const ends = [atA, atB].flatMap((end) => (end ? [end.link] : []));
  return {
    a: a.name,
    b: b.name,
    state: stateOf(ends),
    latestHandshakeMs: Math.max(...ends.map(({ latestHandshakeMs }) => latestHandshakeMs)),
    roundTripUs: ends.find(({ roundTripUs }) => roundTripUs > 0)?.roundTripUs ?? 0,
    // Of what is sent and gets lost, the other end knows nothing.
    aToB: atA?.rates?.sent ?? atB?.rates?.received,
    bToA: atB?.rates?.sent ?? atA?.rates?.received,
  };
}

function stateOf(ends: readonly Link[]): 'up' | 'down' | 'one-sided' {
  if (ends.every(({ up }) => up)) return 'up';
  return ends.some(({ up }) => up) ? 'one-sided' : 'down';
}

/** Bytes a second, both ways. */
export function carried({ aToB = 0, bToA = 0 }: MeshLink): number {
  return aToB + bToA;
}

/** Those that are not up, the longest without a handshake first, and those that are, the busiest first. */
export function ranked(links: readonly MeshLink[]): { down: MeshLink[]; up: MeshLink[] } {
  const byName = (x: MeshLink, y: MeshLink): number =>
    x.a === y.a ? (x.b < y.b ? -1 : 1) : x.a < y.a ? -1 : 1;
  return {
    down: links
      .filter(({ state }) => state !== 'up')
      .sort((x, y) => x.latestHandshakeMs - y.latestHandshakeMs || byName(x, y)),
    up: links.filter(({ state }) => state === 'up').sort((x, y) => carried(y) - carried(x) || byName(x, y)),
  };
}

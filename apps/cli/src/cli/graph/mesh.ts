import type { ListLinksResponse } from '#protocol';
import { BanyanError } from '#errors';
import { shownLink, type ShownLink } from '../top/picture.js';

export type LinkState = 'up' | 'down' | 'one-sided' | 'unknown';
export const LINK_STATES: readonly LinkState[] = ['up', 'one-sided', 'down', 'unknown'];

/** Agents and the links between them, to be drawn: what `banyan-cli graph --json` prints. */
export interface Mesh {
  /** The agent whose links these are; null: all agents', each to each. */
  readonly agent: string | null;
  readonly agents: readonly MeshNode[];
  readonly links: readonly MeshEdge[];
  /** Agents that are not drawn, since their links to the one are well and there are too many. */
  readonly left_out: number;
}

export interface MeshNode {
  readonly name: string;
  /** answered, silent or offline. */
  readonly state: string;
}

export interface MeshEdge extends ShownLink {
  readonly state: LinkState;
}

/** More lines than of so many agents, each to each, are a blot. */
const MOST_AGENTS = 60;

/**
 * @param agent whose links are drawn; undefined: those of all.
 * @throws BanyanError `invalid` for more agents than a picture can show.
 */
export function meshOf({ agents, links }: ListLinksResponse, agent: string | undefined): Mesh {
  const nodes = agents.map(({ name, state }) => ({ name, state }));
  const known = new Map(links.map((link) => [idOf(link.a, link.b), shownLink(link)]));
  const edge = (a: string, b: string): MeshEdge => {
    const link = known.get(idOf(a, b));
    return link ? { ...link, state: stateOf(link.state) } : { ...nothingOf(a, b), state: 'unknown' };
  };
  if (agent !== undefined) return star(agent, nodes, edge);
  if (nodes.length > MOST_AGENTS) {
    throw new BanyanError('invalid', `${nodes.length} agents have more links than a picture can show`, {
      remedy: '`banyan-cli graph --agent NAME` shows those of one; `banyan-cli top` those that are down.',
    });
  }
  const pairs = nodes.flatMap(({ name }, index) =>
    nodes.slice(index + 1).map((other) => edge(name, other.name)),
  );
  return { agent: null, agents: nodes, links: pairs, left_out: 0 };
}

/** Links that are not up come first, so that they are drawn of many. */
function star(agent: string, nodes: readonly MeshNode[], edge: (a: string, b: string) => MeshEdge): Mesh {
  const others = nodes.filter(({ name }) => name !== agent);
  const links = others.map(({ name }) => (agent < name ? edge(agent, name) : edge(name, agent)));
  const worst = [...links].sort((x, y) => rank(x) - rank(y)).slice(0, MOST_AGENTS - 1);
  const drawn = new Set([agent, ...worst.flatMap(({ a, b }) => [a, b])]);
  return {
    agent,
    agents: nodes.filter(({ name }) => drawn.has(name)),
    links: links.filter((link) => worst.includes(link)),
    left_out: links.length - worst.length,
  };
}

function rank({ state }: MeshEdge): number {
  return ['down', 'one-sided', 'unknown', 'up'].indexOf(state);
}

function nothingOf(a: string, b: string): ShownLink {
  return {
    ...{ a, b, state: 'unknown', latest_handshake_ms: null, round_trip_ms: null },
    ...{ a_to_b_bytes_per_second: null, b_to_a_bytes_per_second: null },
  };
}

function stateOf(text: string): LinkState {
  return LINK_STATES.find((state) => state === text) ?? 'unknown';
}

function idOf(a: string, b: string): string {
  return JSON.stringify([a, b]);
}

/** How many links there are of each state that there are any of: `2 up, 1 down`. */
export function counted({ links }: Mesh): string {
  const counts = LINK_STATES.map(
    (state) => [links.filter((link) => link.state === state).length, state] as const,
  );
  const there = counts.filter(([count]) => count > 0).map(([count, state]) => `${count} ${state}`);
  return there.length === 0 ? 'no links' : there.join(', ');
}

/** An agent with what keeps it from answering. */
export function labelOf({ name, state }: MeshNode): string {
  return state === 'answered' ? name : `${name} (${state})`;
}

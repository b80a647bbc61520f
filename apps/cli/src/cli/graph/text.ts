import { shownDuration } from '../../duration.js';
import { table } from '../../table.js';
import { counted, labelOf, LINK_STATES, type LinkState, type Mesh, type MeshEdge } from './mesh.js';

const SIGNS: Readonly<Record<LinkState, string>> = { up: '+', down: 'x', 'one-sided': '/', unknown: '?' };
const CELL = 3;

/**
 * A matrix of all agents where it fits, with a list of what is not up; else that list alone.
 *
 * @param width characters of a line. @param now milliseconds since the epoch.
 */
export function meshText(mesh: Mesh, width = Number.POSITIVE_INFINITY, now = Date.now()): string {
  if (mesh.agents.length === 0) return 'There is no agent with a subnet.';
  if (mesh.agent !== null) return starText(mesh, mesh.agent, now);
  const matrix = matrixText(mesh);
  const signs = legend(mesh);
  const notUp = mesh.links.filter(({ state }) => state !== 'up');
  return [
    ...(matrix.every((line) => line.length <= width)
      ? [...matrix, '', ...(signs === '' ? [] : [signs, ''])]
      : []),
    ...(notUp.length === 0 ? [] : [linkTable(notUp, now), '']),
    `links: ${counted(mesh)}`,
  ].join('\n');
}

function matrixText({ agents, links }: Mesh): string[] {
  const states = new Map(links.flatMap(({ a, b, state }) => [pair(a, b, state), pair(b, a, state)]));
  const numbers = agents.map((_, index) => String(index + 1));
  const names = agents.map((agent, index) => `${numbers[index]!.padStart(2)} ${labelOf(agent)}`);
  const margin = Math.max(...names.map((name) => name.length));
  const head = ' '.repeat(margin) + numbers.map((number) => number.padStart(CELL)).join('');
  const rows = agents.map((row, index) => {
    const cells = agents.map((column) => {
      const state = states.get(JSON.stringify([row.name, column.name]));
      return (state === undefined ? '.' : SIGNS[state]).padStart(CELL);
    });
    return `${names[index]!.padEnd(margin)}${cells.join('')}`;
  });
  return [head, ...rows];
}

function pair(a: string, b: string, state: LinkState): readonly [string, LinkState] {
  return [JSON.stringify([a, b]), state];
}

function legend({ links }: Mesh): string {
  const there = LINK_STATES.filter((state) => links.some((link) => link.state === state));
  return there.map((state) => `${SIGNS[state]} ${state}`).join('   ');
}

function starText(mesh: Mesh, agent: string, now: number): string {
  if (mesh.links.length === 0) return `${agent} has no links: there is no other agent with a subnet.`;
  const more = mesh.left_out === 0 ? '' : `; ${mesh.left_out} more that are not worse`;
  return `${linkTable(mesh.links, now)}\n\nlinks of ${agent}: ${counted(mesh)}${more}`;
}

function linkTable(links: readonly MeshEdge[], now: number): string {
  return table(
    ['AGENT', 'AGENT', 'LINK', 'HANDSHAKE', 'ROUND TRIP'],
    links.map(({ a, b, state, latest_handshake_ms: handshake, round_trip_ms: ms }) => [
      a,
      b,
      state,
      state === 'unknown' ? '-' : handshake === null ? 'never' : `${shownDuration(now - handshake)} ago`,
      ms === null ? '-' : `${ms.toFixed(1)} ms`,
    ]),
  );
}

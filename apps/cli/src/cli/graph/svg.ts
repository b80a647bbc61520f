import { counted, labelOf, LINK_STATES, type LinkState, type Mesh } from './mesh.js';

const SIZE = 900;
const CENTRE = SIZE / 2;
const RADIUS = 290;
const LABEL = RADIUS + 16;

/** A state is seen without its colour too, by how the line is broken. */
const STROKES: Readonly<Record<LinkState, string>> = {
  up: 'stroke="#1b7837" stroke-width="1"',
  down: 'stroke="#c1272d" stroke-width="2" stroke-dasharray="8 5"',
  'one-sided': 'stroke="#b35806" stroke-width="2" stroke-dasharray="12 4 2 4"',
  unknown: 'stroke="#777777" stroke-width="1" stroke-dasharray="1 5"',
};

/** Agents on a circle, a line for each link. What is not up lies on top. @param now milliseconds since the epoch. */
export function meshSvg(mesh: Mesh, now = Date.now()): string {
  const places = new Map(mesh.agents.map(({ name }, index) => [name, place(index, mesh.agents.length)]));
  const lines = ['up', 'unknown', 'one-sided', 'down'].flatMap((state) =>
    mesh.links
      .filter((link) => link.state === state)
      .map(({ a, b }) => {
        const [from, to] = [places.get(a)!(RADIUS), places.get(b)!(RADIUS)];
        const ends = `x1="${from.x}" y1="${from.y}" x2="${to.x}" y2="${to.y}"`;
        return `<line ${ends} ${STROKES[state as LinkState]}><title>${xml(`${a} - ${b}: ${state}`)}</title></line>`;
      }),
  );
  const agents = mesh.agents.flatMap((agent) => {
    const at = places.get(agent.name)!;
    const [dot, label] = [at(RADIUS), at(LABEL)];
    const anchor = Number(label.x) < CENTRE - 1 ? 'end' : Number(label.x) > CENTRE + 1 ? 'start' : 'middle';
    const fill = agent.state === 'answered' ? '#333333' : '#ffffff';
    return [
      `<circle cx="${dot.x}" cy="${dot.y}" r="5" fill="${fill}" stroke="#333333"/>`,
      `<text x="${label.x}" y="${label.y}" text-anchor="${anchor}" dominant-baseline="middle">${xml(labelOf(agent))}</text>`,
    ];
  });
  const title = mesh.agent === null ? 'Links between agents' : `Links of ${mesh.agent}`;
  const moment = `${new Date(now).toISOString().slice(0, 19)}Z`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="13">`,
    `<title id="title">${xml(title)}</title>`,
    `<desc id="desc">${xml(`${mesh.agents.length} agents on a circle; links: ${counted(mesh)}; ${moment}`)}</desc>`,
    `<rect width="${SIZE}" height="${SIZE}" fill="#ffffff"/>`,
    ...lines,
    ...agents,
    ...legend(mesh),
    '</svg>',
  ].join('\n');
}

/** Where on the circle, from the top, clockwise. @returns a point on it by the radius. */
function place(index: number, count: number): (radius: number) => { x: string; y: string } {
  const angle = (2 * Math.PI * index) / count - Math.PI / 2;
  return (radius) => ({
    x: (CENTRE + radius * Math.cos(angle)).toFixed(1),
    y: (CENTRE + radius * Math.sin(angle)).toFixed(1),
  });
}

function legend({ links }: Mesh): string[] {
  const there = LINK_STATES.filter((state) => links.some((link) => link.state === state));
  return there.flatMap((state, index) => {
    const y = 24 + 20 * index;
    return [
      `<line x1="20" y1="${y}" x2="70" y2="${y}" ${STROKES[state]}/>`,
      `<text x="80" y="${y}" dominant-baseline="middle">${state}</text>`,
    ];
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for XML 1.0, in which some characters may not be at all (production [2], Char). */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

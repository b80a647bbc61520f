import { counted, labelOf, LINK_STATES, type LinkState, type Mesh } from './mesh.js';

/** What Mermaid draws of one page before it refuses, unless its page sets `maxEdges`. */
export const MERMAID_EDGES = 500;

const STROKES: Readonly<Record<LinkState, string>> = {
  up: 'stroke:#1b7837',
  down: 'stroke:#c1272d,stroke-width:2px',
  'one-sided': 'stroke:#b35806,stroke-width:2px',
  unknown: 'stroke:#777777',
};

/** A flowchart of Mermaid (mermaid.js.org/syntax/flowchart.html); a line says its state in words too, unless it is up. */
export function meshMermaid(mesh: Mesh): string {
  const ids = new Map(mesh.agents.map(({ name }, index) => [name, `n${index + 1}`]));
  const nodes = mesh.agents.map((agent) => {
    const away = agent.state === 'answered' ? '' : ':::away';
    return `  ${ids.get(agent.name)}["${mermaidText(labelOf(agent))}"]${away}`;
  });
  const edges = mesh.links.map(({ a, b, state }) => {
    const line = state === 'up' ? '---' : `-. ${state} .-`;
    return `  ${ids.get(a)} ${line} ${ids.get(b)}`;
  });
  const styles = LINK_STATES.flatMap((state) => {
    const numbers = mesh.links.flatMap((link, index) => (link.state === state ? [index] : []));
    return numbers.length === 0 ? [] : [`  linkStyle ${numbers.join(',')} ${STROKES[state]}`];
  });
  return [
    'graph LR',
    `  %% links: ${counted(mesh)}`,
    ...nodes,
    ...edges,
    ...styles,
    '  classDef away stroke-dasharray:4 4',
  ].join('\n');
}

/** Inside of quotes: whatever is no plain word is a character by its number. */
function mermaidText(text: string): string {
  return Array.from(text, (character) =>
    /[A-Za-z0-9 ._()-]/.test(character) ? character : `#${character.codePointAt(0)};`,
  ).join('');
}

import { shownBytes } from '../../bytes.js';
import { shownDuration } from '../../duration.js';
import { plural } from '../../plural.js';
import { table } from '../../table.js';
import { terminalText } from '../../terminal-text.js';
import { foremost } from '../../../../engine/src/links/foremost.js';
import type { Picture, ShownLink } from './picture.js';

/** How a line of the view is meant: what a terminal with colours shows by them. */
export type Tone = 'plain' | 'head' | 'bad' | 'odd';

export interface Line {
  readonly text: string;
  readonly tone: Tone;
}

export interface Frame {
  /** Characters of a line, and lines. */
  readonly width: number;
  readonly height: number;
  /** What is said above all else, as that the engine does not answer. */
  readonly notice?: string;
}

/** Around the links: totals, an empty line, the head of the table, and what is left out. */
const AROUND = 4;

/** The network in a frame: no line is longer, and there are no more lines. */
export function viewOf(picture: Picture, { width, height, notice }: Frame): Line[] {
  const top = [...(notice === undefined ? [] : [line(notice, 'bad')]), line(totals(picture), 'head')];
  const room = Math.max(0, height - AROUND - (top.length - 1));
  const isUp = ({ state }: ShownLink): boolean => state === 'up';
  const { list, links } = picture;
  const chosen = foremost(
    list.filter((link) => !isUp(link)),
    list.filter(isUp),
    room,
  );
  const [head = '', ...rows] = linkTable(chosen.links, Date.parse(picture.at)).split('\n');
  const hidden = leftOut(chosen.leftOutDown + links.left_out_down, chosen.leftOutUp + links.left_out_up);
  const lines = [
    ...top,
    line(''),
    ...(chosen.links.length === 0 ? [line('No agent says anything of a link.')] : [line(head, 'head')]),
    ...chosen.links.map(({ state }, index) => line(rows[index] ?? '', toneOf(state))),
    ...(hidden === '' ? [] : [line(hidden)]),
  ];
  return lines.slice(0, height).map(({ text, tone }) => ({ text: terminalText(text).slice(0, width), tone }));
}

function line(text: string, tone: Tone = 'plain'): Line {
  return { text, tone };
}

function toneOf(state: string): Tone {
  return state === 'up' ? 'plain' : state === 'down' ? 'bad' : 'odd';
}

/** A look that took longer is told how long, milliseconds: what is shown is as old, and comes as seldom. */
const SLOW_MS = 1_000;

function totals({ at, asked_ms: asked, agents, links, bytes_per_second: rate }: Picture): string {
  const others = [
    ...(agents.silent.length > 0 ? [`${agents.silent.length} silent`] : []),
    ...(agents.offline.length > 0 ? [`${agents.offline.length} offline`] : []),
  ].map((each) => `, ${each}`);
  const unknown = links.wanted - links.up - links.down;
  const rest = [
    ...(links.down > 0 ? [`${links.down} down`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ].map((each) => `, ${each}`);
  return [
    at.slice(11, 19),
    `${plural(agents.answered, 'agent')}${others.join('')}`,
    `links: ${links.up} of ${links.wanted} up${rest.join('')}`,
    `${shownBytes(rate)}/s`,
    ...(asked < SLOW_MS ? [] : [`asked for ${(asked / 1_000).toFixed(1)} s`]),
  ].join('   ');
}

/** Columns, however wide: what does not fit is cut off, the least important last. */
function linkTable(links: readonly ShownLink[], now: number): string {
  return table(
    ['AGENTS', '', '', 'LINK', 'HANDSHAKE', 'TO >', '< FROM', 'ROUND TRIP'],
    links.map((link) => [
      link.a,
      '-',
      link.b,
      link.state,
      link.latest_handshake_ms === null ? 'never' : `${shownDuration(now - link.latest_handshake_ms)} ago`,
      rateText(link.a_to_b_bytes_per_second),
      rateText(link.b_to_a_bytes_per_second),
      link.round_trip_ms === null ? '-' : `${link.round_trip_ms.toFixed(1)} ms`,
    ]),
    Number.POSITIVE_INFINITY,
  );
}

function rateText(rate: number | null): string {
  return rate === null ? '-' : `${shownBytes(rate)}/s`;
}

function leftOut(down: number, up: number): string {
  if (down + up === 0) return '';
  return `and ${plural(down + up, 'more link')}${down === 0 ? '' : `, ${down} of them not up`}`;
}

import type { MeasureLinksResponse, PingAgentResponse } from '#protocol';
import { shownDuration } from '../duration.js';
import { plural } from '../plural.js';
import { table } from '../table.js';

/** What `banyan-cli ping --json` prints. */
export interface PingReport {
  readonly name: string;
  readonly state: string;
  /** tunnel, direct or loopback; null while it has no stream. */
  readonly channel: string | null;
  readonly last_seen_ms: number | null;
  /** From the engine to the agent and back, in the order of asking; null: no answer. */
  readonly round_trips_ms: readonly (number | null)[];
  /** How others reach the agent's host, measured at the end. */
  readonly links: readonly {
    readonly from: string;
    /** up, down, none (no link to it) or silent (the other agent did not answer). */
    readonly state: string;
    /** Null when the host did not answer. */
    readonly round_trip_ms: number | null;
    /** Null: never. */
    readonly latest_handshake_ms: number | null;
  }[];
  /** Other agents that were not asked: offline, and too many. */
  readonly links_offline: number;
  readonly links_left_out: number;
}

/** @param answers at least one. */
export function pingReport(
  name: string,
  answers: readonly PingAgentResponse[],
  { links, offline, leftOut }: MeasureLinksResponse,
): PingReport {
  const { state, channel, lastSeenMs } = answers.at(-1)!;
  return {
    name,
    state,
    channel: channel || null,
    last_seen_ms: lastSeenMs || null,
    round_trips_ms: roundTrips(answers),
    links: links.map((link) => ({
      from: link.from,
      state: link.state,
      round_trip_ms: inMs(link.roundTripUs),
      latest_handshake_ms: link.latestHandshakeMs || null,
    })),
    links_offline: offline,
    links_left_out: leftOut,
  };
}

/** One answer. @param now milliseconds since the epoch. */
export function answerText(
  name: string,
  { state, channel, roundTripUs, lastSeenMs, waitMs }: PingAgentResponse,
  now = Date.now(),
): string {
  if (roundTripUs > 0) return `${name} answers in ${shownMs(roundTripUs / 1_000)} (${channel})`;
  if (state === 'offline') {
    const seen = lastSeenMs === 0 ? 'it was never seen' : `last seen ${shownDuration(now - lastSeenMs)} ago`;
    return `${name} is offline: ${seen}`;
  }
  if (channel === '') return `${name} is online and keeps no stream open: only its heartbeats are heard`;
  return `${name} does not answer within ${shownDuration(waitMs)} (${channel})`;
}

/** How many were answered, and how fast. */
export function answeredText(answers: readonly PingAgentResponse[]): string {
  const all = roundTrips(answers);
  const times = all.filter((time) => time !== null).sort((a, b) => a - b);
  const [least, most] = [times[0], times.at(-1)];
  const range =
    least === undefined || most === undefined
      ? ''
      : `: ${shownMs(least)} at least, ${shownMs(times[Math.floor(times.length / 2)]!)} in the middle, ${shownMs(most)} at most`;
  return `${times.length} of ${all.length} answered${range}`;
}

/** How others reach its host, and who was not asked. @param now milliseconds since the epoch. */
export function linksText(report: PingReport, now = Date.now()): string {
  return [tableOf(report, now), ...missing(report)].join('\n');
}

function tableOf({ name, links }: PingReport, now: number): string {
  if (links.length === 0) return `No other agent is there to say how its link to ${name} is.`;
  const rows = links.map(({ from, state, round_trip_ms: ms, latest_handshake_ms: handshake }) => [
    from,
    { none: 'no link', silent: 'no word' }[state] ?? state,
    handshake === null ? (state === 'silent' ? '-' : 'never') : `${shownDuration(now - handshake)} ago`,
    ms === null ? '-' : shownMs(ms),
  ]);
  return `\n${table(['FROM', 'LINK', 'HANDSHAKE', 'ROUND TRIP'], rows)}`;
}

function missing({ links_offline: offline, links_left_out: leftOut }: PingReport): string[] {
  const parts = [
    ...(offline > 0 ? [`${plural(offline, 'agent')} offline`] : []),
    ...(leftOut > 0 ? [`${plural(leftOut, 'agent')} too many: --from NAME asks one`] : []),
  ];
  return parts.length === 0 ? [] : [`Not asked: ${parts.join('; ')}`];
}

export function isReached({ round_trips_ms: times }: PingReport): boolean {
  return times.some((time) => time !== null);
}

function roundTrips(answers: readonly PingAgentResponse[]): readonly (number | null)[] {
  return answers.map(({ roundTripUs }) => inMs(roundTripUs));
}

function inMs(us: number): number | null {
  return us === 0 ? null : us / 1_000;
}

function shownMs(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

import type { LinkStatus } from '../../agent/src/status-file.js';
import { shownBytes } from './bytes.js';
import { shownDuration } from './duration.js';
import { table } from './table.js';

/** The links of one agent. @param now milliseconds since the epoch. */
export function linkTable(links: readonly LinkStatus[], now = Date.now()): string {
  return table(
    ['PEER', 'SUBNET', 'LINK', 'HANDSHAKE', 'RECEIVED', 'SENT', 'ROUND TRIP', 'ENDPOINT'],
    links.map((link) => [
      link.name,
      link.subnet,
      link.up ? 'up' : 'down',
      link.latest_handshake_ms === null ? 'never' : `${shownDuration(now - link.latest_handshake_ms)} ago`,
      shownBytes(link.received_bytes),
      shownBytes(link.sent_bytes),
      link.round_trip_us === null ? '-' : `${(link.round_trip_us / 1_000).toFixed(1)} ms`,
      link.endpoint ?? '-',
    ]),
  );
}

import type { ListPeersResponse } from '#protocol';
import { shownBytes } from '../bytes.js';
import { shownDuration } from '../duration.js';
import { table } from '../table.js';

/** One link in `banyan-cli peers --json`, as the agent at this end sees it. */
export interface ListedPeer {
  readonly name: string;
  readonly subnet: string;
  readonly up: boolean;
  /** Address and port that WireGuard uses; null while it has none. */
  readonly endpoint: string | null;
  /** Milliseconds since the epoch, by the agent's clock; null when there was none. */
  readonly latest_handshake_ms: number | null;
  readonly received_bytes: number;
  readonly sent_bytes: number;
  /** Microseconds; null when not measured. */
  readonly round_trip_us: number | null;
}

export function peerList({ links }: ListPeersResponse): readonly ListedPeer[] {
  return links.map(({ name, subnet, link }) => ({
    name,
    subnet,
    up: link?.up ?? false,
    endpoint: link?.endpoint || null,
    latest_handshake_ms: link?.latestHandshakeMs || null,
    received_bytes: link?.receivedBytes ?? 0,
    sent_bytes: link?.sentBytes ?? 0,
    round_trip_us: link?.roundTripUs || null,
  }));
}

export function peerTable(peers: readonly ListedPeer[], now = Date.now()): string {
  if (peers.length === 0) return 'There is no other agent with a subnet.';
  return table(
    ['PEER', 'SUBNET', 'LINK', 'HANDSHAKE', 'RECEIVED', 'SENT', 'ROUND TRIP', 'ENDPOINT'],
    peers.map((peer) => [
      peer.name,
      peer.subnet,
      peer.up ? 'up' : 'down',
      peer.latest_handshake_ms === null ? 'never' : `${shownDuration(now - peer.latest_handshake_ms)} ago`,
      shownBytes(peer.received_bytes),
      shownBytes(peer.sent_bytes),
      peer.round_trip_us === null ? '-' : `${(peer.round_trip_us / 1_000).toFixed(1)} ms`,
      peer.endpoint ?? '-',
    ]),
  );
}

import type { ListPeersResponse } from '#protocol';
import type { LinkStatus } from '../../../agent/src/status-file.js';

/** What `banyan-cli peers --json` prints: the links of one agent, as that end sees them. */
export function peerList({ links }: ListPeersResponse): readonly LinkStatus[] {
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

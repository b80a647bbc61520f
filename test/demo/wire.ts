import type { Capture } from '../lab/index.js';

/** The engine's `wg-control` (spec, "WireGuard control tunnel") and the servers' `banyan-wg`; clients use any port. */
const WIREGUARD = 'udp port 51821 or udp port 51820';
/**
 * What a server answers to the first packet of another when its own `banyan-wg` is a moment away: "port
 * unreachable" (RFC 792), with the UDP destination port of that packet after the two headers.
 */
const NOT_THERE_YET = 'icmp[0] == 3 and icmp[1] == 3 and icmp[30:2] == 51820';

export interface Wire {
  /** WireGuard packets, as tcpdump prints them. */
  readonly wireguard: readonly string[];
  /** Everything else; empty is what Banyan promises. */
  readonly other: readonly string[];
}

/** Sorts what passed between hosts. ARP is left out: Ethernet's own way of finding a neighbour, no traffic. */
export async function sortWire(capture: Capture): Promise<Wire> {
  const [wireguard, other] = await Promise.all([
    capture.packets(WIREGUARD),
    capture.packets(`not arp and not (${WIREGUARD}) and not (${NOT_THERE_YET})`),
  ]);
  return { wireguard, other };
}

import type { Capture } from '../lab/index.js';

/** Spec, section "WireGuard control tunnel": the engine's port; clients use any. */
const WIREGUARD = 'udp port 51821';

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
    capture.packets(`not arp and not ${WIREGUARD}`),
  ]);
  return { wireguard, other };
}

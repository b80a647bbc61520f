import type { Path, Surroundings } from './host-network.js';

/** What WireGuard adds to a packet, over IPv6 at most: 40 IPv6, 8 UDP, 32 its own. Bytes. */
const OVERHEAD = 80;
/** For an Ethernet of 1500. A jumbo frame on the first link says nothing of the path behind it. */
const DEFAULT_MTU = 1420;
/** What every IPv6 link has (RFC 8200, section 5); a smaller path fragments. */
const FLOOR = 1280;

/** The MTU of a client's tunnel, from the route to its engine; undefined: no route. */
export function clientMtu(path: Path | undefined, { links }: Surroundings): number {
  const device = links.find(({ name }) => name === path?.device);
  return fit(path?.mtu ?? device?.mtu);
}

/**
 * The MTU of the engine's end, from the narrowest interface that leads anywhere: it has many clients, and the
 * smaller of both ends decides how long the segments of a TCP connection are.
 */
export function engineMtu({ links, routes }: Surroundings): number {
  const uplinks = new Set(
    routes.filter((route) => route.destination === '0.0.0.0/0').map(({ device }) => device),
  );
  const widths = links.filter(({ name }) => uplinks.has(name)).map(({ mtu }) => mtu);
  return fit(widths.length > 0 ? Math.min(...widths) : undefined);
}

function fit(underlay: number | undefined): number {
  if (underlay === undefined) return DEFAULT_MTU;
  return Math.max(FLOOR, Math.min(DEFAULT_MTU, underlay - OVERHEAD));
}

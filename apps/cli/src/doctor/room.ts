/** What WireGuard adds to a packet: the headers of IP (version 4) and UDP, and its own. Bytes. */
const AROUND = 60;
const MORE_OF_IPV6 = 20;

/**
 * The largest packet in a tunnel that still fits its way.
 *
 * @param pathMtu of the way below, bytes; undefined: not known. @param below the address at its other end.
 */
export function roomIn(pathMtu: number | undefined, below: string): number | undefined {
  return pathMtu === undefined ? undefined : pathMtu - AROUND - (below.includes(':') ? MORE_OF_IPV6 : 0);
}

/** How large a packet of this size is on the way, over IPv4. */
export function bytesBelow(inside: number): number {
  return inside + AROUND;
}

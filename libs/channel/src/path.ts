import { BlockList, isIPv4 } from 'node:net';
import { ENGINE_TUNNEL_ADDRESS, TUNNEL_NETWORK } from '#crypto';

/** How a connection reached the engine. `admin` is its own host's admin socket. */
export type Path = 'tunnel' | 'direct' | 'loopback' | 'admin';

const [tunnelNetwork, tunnelPrefix] = TUNNEL_NETWORK.split('/') as [string, string];
const tunnel = new BlockList();
tunnel.addSubnet(tunnelNetwork, Number(tunnelPrefix), 'ipv4');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Node reports IPv4 peers of a dual-stack listener as `::ffff:127.0.0.1`. */
export function plainAddress(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return isIPv4(mapped) ? mapped : address;
}

/** The path of a TCP connection, from both of its ends as the engine's kernel sees them. */
export function pathOf(local: string, remote: string): Exclude<Path, 'admin'> {
  if (isLoopback(remote) || local === remote) return 'loopback';
  if (local === ENGINE_TUNNEL_ADDRESS && isTunnelAddress(remote)) return 'tunnel';
  return 'direct';
}

export function isLoopback(address: string): boolean {
  return loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

function isTunnelAddress(address: string): boolean {
  return isIPv4(address) && tunnel.check(address, 'ipv4');
}

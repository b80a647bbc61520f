import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Path } from '#channel';
import type { Subnet } from '#network';

/** UDP port of `banyan-wg` for clients that do not say. */
const DEFAULT_PORT = 51_820;

/** Where other agents find one. */
export interface Whereabouts {
  /** IP address; empty beside the engine. */
  readonly host: string;
  /** It runs beside the engine: wherever a peer reaches the engine, it reaches this agent. */
  readonly atEngine: boolean;
  /** UDP port of its `banyan-wg`. */
  readonly port: number;
}

/** What an agent says of itself. */
export interface Reported {
  /** Set by its operator; empty when not. */
  readonly hostIp: string;
  /** 0: not said. */
  readonly wgPort: number;
}

/** What the engine sees of its connection. */
export interface Observed {
  readonly path: Path;
  /** The other end of the connection, or, in the tunnel, where WireGuard last heard from it. */
  readonly address: string | undefined;
}

/**
 * Where an agent is: where its operator says, else where the engine sees it. What cannot be an endpoint is
 * passed over: it would only ever hurt the agent's own links, but it should not be told to others.
 *
 * @returns `where` undefined when nobody knows; `ignored` is what the agent reported in vain.
 */
export function whereabouts(
  { hostIp, wgPort }: Reported,
  { path, address }: Observed,
  vpcCidr: Subnet,
): { readonly where: Whereabouts | undefined; readonly ignored?: string } {
  const port = wgPort === 0 ? DEFAULT_PORT : wgPort;
  const usable = (host: string): boolean => isUsable(host, vpcCidr);
  if (usable(hostIp)) return { where: { host: hostIp, atEngine: false, port } };
  const ignored = hostIp === '' ? {} : { ignored: hostIp };
  if (path === 'loopback') return { where: { host: '', atEngine: true, port }, ...ignored };
  const seen = address !== undefined && usable(address);
  return { where: seen ? { host: address, atEngine: false, port } : undefined, ...ignored };
}

/** Addresses that are no host's on the underlay (RFC 6890), and those of the control network. */
const impossible = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  ['10.200.0.0', 16],
] as const) {
  impossible.addSubnet(network, prefix, 'ipv4');
}
impossible.addAddress('::', 'ipv6');
impossible.addAddress('::1', 'ipv6');
impossible.addSubnet('fe80::', 10, 'ipv6');
impossible.addSubnet('ff00::', 8, 'ipv6');

function isUsable(address: string, vpcCidr: Subnet): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (impossible.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')) return false;
  return !isIPv4(address) || !vpcCidr.holds(address);
}

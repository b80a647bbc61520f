import { BanyanError } from '#errors';
import type { DesiredDevice, DesiredPeer, Route } from './device.js';
import { canonicalEndpoint } from './endpoint.js';
import { parseInterfaceName } from './interface-name.js';
import { canonicalAddress, canonicalIp, canonicalNetwork } from './prefix.js';

/**
 * The desired device in one text per value, so that comparing it with what `wg` and `ip` print is comparing
 * strings. Refuses what WireGuard would take and then silently not do, because a plan for it would never
 * come to rest: allowed IPs claimed twice, a peer listed twice, a peer with the interface's own key.
 *
 * @throws BanyanError `invalid`.
 */
export function canonicalDevice(device: DesiredDevice): DesiredDevice {
  parseInterfaceName(device.name);
  if (device.listenPort !== undefined) requireInteger('The listen port', device.listenPort, 1, 65_535);
  // 68 is the least an IPv4 link may have (RFC 791); a TUN device takes no more than 65535.
  requireInteger('The MTU', device.mtu, 68, 65_535);
  const canonical = {
    ...device,
    peers: device.peers.map(canonicalPeer),
    addresses: unique(device.addresses.map(canonicalAddress)),
    routes: device.routes.map(canonicalRoute),
  };
  refusePeerClashes(canonical);
  refuseRouteClashes(canonical.routes);
  return canonical;
}

function canonicalPeer({
  publicKey,
  endpoint,
  allowedIps,
  persistentKeepalive = 0,
}: DesiredPeer): DesiredPeer {
  requireInteger('The persistent keepalive', persistentKeepalive, 0, 65_535);
  return {
    publicKey,
    allowedIps: unique(allowedIps.map(canonicalNetwork)),
    ...(endpoint === undefined ? {} : { endpoint: canonicalEndpoint(endpoint) }),
    ...(persistentKeepalive === 0 ? {} : { persistentKeepalive }),
  };
}

function canonicalRoute({ destination, source }: Route): Route {
  return {
    destination: canonicalNetwork(destination),
    ...(source === undefined ? {} : { source: canonicalIp(source) }),
  };
}

function refusePeerClashes({ name, privateKey, peers }: DesiredDevice): void {
  const own = privateKey.publicKey.text;
  const seen = new Set<string>();
  const holder = new Map<string, string>();
  for (const { publicKey, allowedIps } of peers) {
    if (publicKey.text === own) throw clash(`a peer of ${name} has the key of ${name} itself`);
    if (seen.has(publicKey.text)) throw clash(`the peer ${publicKey.text} is listed twice`);
    seen.add(publicKey.text);
    for (const network of allowedIps) {
      const other = holder.get(network);
      if (other !== undefined)
        throw clash(`${network} is claimed by the peers ${other} and ${publicKey.text}`);
      holder.set(network, publicKey.text);
    }
  }
}

function refuseRouteClashes(routes: readonly Route[]): void {
  const destinations = new Set<string>();
  for (const { destination } of routes) {
    if (destinations.has(destination)) throw clash(`${destination} is routed twice`);
    destinations.add(destination);
  }
}

function clash(what: string): BanyanError {
  return new BanyanError('invalid', `The interface cannot be set up: ${what}`);
}

function requireInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new BanyanError(
    'invalid',
    `${what} is ${value}, which is not a whole number from ${least} to ${most}`,
  );
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

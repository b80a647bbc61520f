import {
  canonicalAddress,
  canonicalNetwork,
  listOf,
  objectOf,
  parseIpJson,
  ROUTE_PROTOCOL,
  unreadableOutput,
} from '#wireguard';
import type { HostRoute, Link } from '../host-network.js';

const LINKS = 'ip -json -details address show';
const ROUTES = 'ip -json -4 route show';
const DEFAULT = '0.0.0.0/0';

/** What `ip -json -details address show` prints. @throws BanyanError `host` when it is not that. */
export function parseLinks(output: string): Link[] {
  return parseIpJson(output, LINKS)
    .filter((link) => 'ifname' in link)
    .map(({ ifindex, ifname, mtu, flags, master, link_type: linkType, linkinfo, addr_info: addresses }) => {
      const kind = objectOf(linkinfo).info_kind ?? linkType;
      if (
        typeof ifindex !== 'number' ||
        typeof ifname !== 'string' ||
        typeof mtu !== 'number' ||
        typeof kind !== 'string' ||
        !Array.isArray(flags)
      ) {
        throw unreadableOutput(LINKS, 'a field of an interface is missing');
      }
      return {
        index: ifindex,
        name: ifname,
        kind,
        mtu,
        up: flags.includes('UP'),
        addresses: listOf(addresses)
          .filter(({ family }) => family === 'inet')
          .map(({ local, prefixlen }) => canonicalAddress(`${String(local)}/${String(prefixlen)}`)),
        ...(typeof master === 'string' ? { master } : {}),
      };
    });
}

/** What `ip -json -4 route show` prints. @throws BanyanError `host` when it is not that. */
export function parseHostRoutes(output: string): HostRoute[] {
  return parseIpJson(output, ROUTES)
    .filter((route) => 'dst' in route)
    .map(({ dst, dev, nexthops, type = 'unicast', protocol, metric = 0, flags }) => {
      const hops = listOf(nexthops);
      const device = dev ?? hops[0]?.dev;
      if (typeof dst !== 'string' || typeof type !== 'string' || typeof metric !== 'number') {
        throw unreadableOutput(ROUTES, 'a field of a route is missing');
      }
      return {
        destination: canonicalNetwork(dst === 'default' ? DEFAULT : dst),
        type,
        ours: protocol === String(ROUTE_PROTOCOL),
        metric,
        linkDown: isDown(flags) || (hops.length > 0 && hops.every((hop) => isDown(hop.flags))),
        ...(typeof device === 'string' ? { device } : {}),
      };
    });
}

function isDown(flags: unknown): boolean {
  return Array.isArray(flags) && flags.includes('linkdown');
}

import {
  canonicalAddress,
  canonicalNetwork,
  listOf,
  objectOf,
  parseInterfaceName,
  parseIpJson,
  ROUTE_PROTOCOL,
  unreadableOutput,
} from '#wireguard';
import type { HostRoute, Link, RoutingRule } from '../host-network.js';

const LINKS = 'ip -json -details address show';
const ROUTES = 'ip -json -4 route show';
const RULES = 'ip -json -4 rule show';
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

/** What `ip -json -4 rule show` prints, of it our own. @throws BanyanError `host` when it is not that. */
export function parseRoutingRules(output: string): RoutingRule[] {
  return parseIpJson(output, RULES)
    .filter(({ protocol }) => protocol === String(ROUTE_PROTOCOL))
    .map((rule) => ({ text: routingRule(rule) }));
}

/** In the order in which {@link RoutingRule} has it; what else the rule asks is left to its place to tell. */
function routingRule(rule: Readonly<Record<string, unknown>>): string {
  const { priority, iif, fwmark, fwmask, dst, dstlen, table, action } = rule;
  if (typeof priority !== 'number') throw unreadableOutput(RULES, 'a field of a rule is missing');
  const words = [`pref ${priority}`];
  if (typeof iif === 'string') words.push(`iif ${parseInterfaceName(iif)}`);
  if (fwmark !== undefined)
    words.push(`fwmark ${hexadecimal(fwmark)}/${hexadecimal(fwmask ?? '0xffffffff')}`);
  if (typeof dst === 'string')
    words.push(`to ${canonicalNetwork(typeof dstlen === 'number' ? `${dst}/${dstlen}` : dst)}`);
  if (table === 'main') words.push('lookup main');
  if (action === 'blackhole') words.push('blackhole');
  return [...words, `protocol ${ROUTE_PROTOCOL}`].join(' ');
}

function hexadecimal(value: unknown): string {
  if (typeof value === 'string' && /^0x[0-9a-f]{1,8}$/.test(value)) return value;
  throw unreadableOutput(RULES, 'a mark is no number');
}

function isDown(flags: unknown): boolean {
  return Array.isArray(flags) && flags.includes('linkdown');
}

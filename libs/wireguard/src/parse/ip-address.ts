import type { Cidr } from '../device.js';
import { canonicalAddress } from '../prefix.js';
import { listOf, objectOf, parseIpJson, type JsonObject } from './ip-json.js';
import { unreadableOutput } from './unreadable-output.js';

export interface Link {
  readonly name: string;
  /** `wireguard`, `tun`, `veth`, `bridge`, … as the kernel calls it; else the link type, as `ether`. */
  readonly kind: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly addresses: readonly Cidr[];
}

const COMMAND = 'ip -json -details address show';

/**
 * The one interface that `ip -json -details address show dev NAME` prints. IPv6 link-local addresses are the
 * kernel's own doing on a TUN device and are left out.
 *
 * @throws BanyanError `host` when it is not that.
 */
export function parseIpAddress(output: string): Link {
  const links = parseIpJson(output, COMMAND).filter((link) => 'ifname' in link);
  const [link] = links;
  if (!link || links.length > 1) throw unreadableOutput(COMMAND, `it has ${links.length} interfaces`);
  const { ifname, mtu, flags, link_type: linkType, linkinfo } = link;
  const kind = objectOf(linkinfo).info_kind ?? linkType;
  if (
    typeof ifname !== 'string' ||
    typeof mtu !== 'number' ||
    !Array.isArray(flags) ||
    typeof kind !== 'string'
  ) {
    throw unreadableOutput(COMMAND, 'a field of the interface is missing');
  }
  return {
    name: ifname,
    kind,
    mtu,
    up: flags.includes('UP'),
    addresses: listOf(link.addr_info)
      .filter((address) => !isLinkLocal(address))
      .map(parseAddress),
  };
}

function isLinkLocal({ family, scope }: JsonObject): boolean {
  return family === 'inet6' && scope === 'link';
}

function parseAddress({ local, prefixlen }: JsonObject): Cidr {
  if (typeof local !== 'string' || typeof prefixlen !== 'number') {
    throw unreadableOutput(COMMAND, 'a field of an address is missing');
  }
  return canonicalAddress(`${local}/${prefixlen}`);
}

import { isIPv4 } from 'node:net';
import { BanyanError } from '#errors';
import type { Link, NetworkRoute, Path } from '../host-network.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** What `ip -json -details address show` prints. @throws BanyanError `host` when it is not that. */
export function parseLinks(output: string): Link[] {
  return objects(output, 'ip address show')
    .filter((link) => 'ifname' in link)
    .map(({ ifname, mtu, ifalias, addr_info: info }) => {
      if (typeof ifname !== 'string' || typeof mtu !== 'number') throw unreadable('ip address show');
      const addresses = listOf(info).map(({ local }) => local);
      return {
        name: ifname,
        mtu,
        addresses: addresses
          .filter((address) => typeof address === 'string')
          .filter((address) => isIPv4(address)),
        ...(typeof ifalias === 'string' ? { alias: ifalias } : {}),
      };
    });
}

/** What `ip -json -4 route show table all` prints. @throws BanyanError `host` when it is not that. */
export function parseRoutes(output: string): NetworkRoute[] {
  return objects(output, 'ip route show').map(({ dst, dev, nexthops, type }) => {
    if (typeof dst !== 'string') throw unreadable('ip route show');
    const device = dev ?? listOf(nexthops)[0]?.dev ?? type;
    return { destination: prefixOf(dst), device: typeof device === 'string' ? device : 'no interface' };
  });
}

/** What `ip -json route get` prints. @throws BanyanError `host` when it is not that. */
export function parsePath(output: string): Path | undefined {
  const [path] = objects(output, 'ip route get');
  if (typeof path?.dev !== 'string') return undefined;
  const mtu = listOf(path.metrics)[0]?.mtu;
  return { device: path.dev, ...(typeof mtu === 'number' ? { mtu } : {}) };
}

function prefixOf(destination: string): string {
  if (destination === 'default') return '0.0.0.0/0';
  return destination.includes('/') ? destination : `${destination}/32`;
}

function objects(output: string, command: string): JsonObject[] {
  if (output.trim() === '') return [];
  try {
    return listOf(JSON.parse(output));
  } catch {
    throw unreadable(command);
  }
}

/** `ip` also prints empty objects, for entries that its filter left out. */
function listOf(value: unknown): JsonObject[] {
  const isObject = (item: unknown): item is JsonObject =>
    typeof item === 'object' && item !== null && !Array.isArray(item);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function unreadable(command: string): BanyanError {
  return new BanyanError('host', `the output of \`${command}\` cannot be understood`, {
    remedy: 'Check that iproute2 is that of a supported distribution.',
  });
}

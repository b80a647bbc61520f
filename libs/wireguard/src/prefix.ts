import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { BanyanError } from '#errors';
import type { Cidr } from './device.js';

interface Prefix {
  readonly address: string;
  readonly bits: 32 | 128;
  readonly length: number;
}

/**
 * An interface address in the one text the plan compares: `10.200.0.1/32`, `fd00::1/128`. Host bits stay;
 * a missing length is that of one host.
 *
 * @throws BanyanError `invalid` for anything else; nothing that passes can end a line or an argument.
 */
export function canonicalAddress(text: string): Cidr {
  const { address, length } = parsePrefix(text);
  return `${address}/${length}`;
}

/** As {@link canonicalAddress} for allowed IPs and routes: host bits are cleared, as WireGuard does. */
export function canonicalNetwork(text: string): Cidr {
  const { address, bits, length } = parsePrefix(text);
  if (length === bits) return `${address}/${length}`;
  return `${bits === 32 ? maskIPv4(address, length) : maskIPv6(address, length)}/${length}`;
}

/** One address without a length, in its one text. @throws BanyanError `invalid`. */
export function canonicalIp(text: string): string {
  if (isIPv4(text)) return text;
  if (isIPv6(text) && !text.includes('%'))
    return new SocketAddress({ address: text, family: 'ipv6' }).address;
  throw new BanyanError('invalid', `${JSON.stringify(text.slice(0, 64))} is not an IP address`);
}

function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const address = canonicalIp(slash < 0 ? text : text.slice(0, slash));
  const bits = isIPv4(address) ? 32 : 128;
  if (slash < 0) return { address, bits, length: bits };
  const digits = text.slice(slash + 1);
  const length = Number(digits);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits) || length > bits) {
    throw new BanyanError(
      'invalid',
      `${JSON.stringify(text.slice(0, 64))} is not a prefix of an IP network`,
      {
        remedy: 'Write an address and a length, as 10.200.0.1/32.',
      },
    );
  }
  return { address, bits, length };
}

function maskIPv4(address: string, length: number): string {
  return address
    .split('.')
    .map((octet, index) => Number(octet) & (0xff00 >> Math.min(8, Math.max(0, length - 8 * index))))
    .map((octet) => octet & 0xff)
    .join('.');
}

function maskIPv6(address: string, length: number): string {
  const groups = groupsOf(address).map(
    (group, index) => group & (0xffff0000 >> Math.min(16, Math.max(0, length - 16 * index))) & 0xffff,
  );
  return canonicalIp(groups.map((group) => group.toString(16)).join(':'));
}

/** The eight groups of a canonical IPv6 address, whose last two may be written as IPv4. */
function groupsOf(address: string): number[] {
  const [head = '', tail = ''] = address
    .split('::')
    .map((half) => half.replace(/[0-9.]+\.[0-9.]+$/, hexOfIPv4));
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const gap = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...gap, ...after].map((group) => parseInt(group, 16));
}

function hexOfIPv4(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

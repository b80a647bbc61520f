import { isIPv6 } from 'node:net';
import { BanyanError } from '#errors';
import type { Endpoint } from './device.js';
import { canonicalIp } from './prefix.js';

/** A link-local address needs its interface, as `[fe80::1%eth0]:51820`. */
const BRACKETED = /^\[([0-9a-fA-F:.]+)(%[A-Za-z0-9_.-]{1,15})?\]:([1-9][0-9]{0,4})$/;
const DOTTED = /^([0-9.]+):([1-9][0-9]{0,4})$/;

/**
 * `203.0.113.7:51820` or `[2001:db8::7]:51820`, in one text per endpoint. A host name is refused: `wg` would
 * resolve it, and retry for minutes, while an apply waits.
 *
 * @throws BanyanError `invalid`.
 */
export function canonicalEndpoint(text: string): Endpoint {
  const dotted = DOTTED.exec(text);
  if (dotted) return `${canonicalIp(dotted[1]!)}:${port(dotted[2]!, text)}`;
  const bracketed = BRACKETED.exec(text);
  if (bracketed && isIPv6(bracketed[1]!)) {
    return `[${canonicalIp(bracketed[1]!)}${bracketed[2] ?? ''}]:${port(bracketed[3]!, text)}`;
  }
  throw notAnEndpoint(text);
}

/** Its address alone, without brackets. */
export function addressOf(endpoint: Endpoint): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function port(digits: string, text: string): number {
  const value = Number(digits);
  if (value > 65_535) throw notAnEndpoint(text);
  return value;
}

function notAnEndpoint(text: string): BanyanError {
  return new BanyanError('invalid', `${JSON.stringify(text.slice(0, 64))} is not the endpoint of a peer`, {
    remedy: 'Write an address and a UDP port, as 203.0.113.7:51821 or [2001:db8::7]:51821.',
  });
}

import { isIP } from 'node:net';
import { Subnet } from '#network';

/** The three components; each has one section of the file, named after it. */
export const ROLES = ['engine', 'agent', 'cli'] as const;
export type Role = (typeof ROLES)[number];

/** Where something listens: TCP, of an IP address. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const HOST_LABEL = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;

/** A TCP or UDP port as the file has it: the spec quotes them, people often do not. */
export const isPort = isWholeNumber(1, 65_535);

/** A whole number within limits, as a number or its digits. */
export function isWholeNumber(least: number, most: number): (value: unknown) => value is string | number {
  return (value): value is string | number => {
    if (typeof value === 'string' && !/^(0|[1-9][0-9]{0,8})$/.test(value)) return false;
    if (typeof value !== 'string' && typeof value !== 'number') return false;
    return Number.isInteger(Number(value)) && Number(value) >= least && Number(value) <= most;
  };
}

/** An IPv4 network with zero host bits, as `10.201.0.0/16`. */
export function isNetwork(value: unknown): value is string {
  return typeof value === 'string' && Subnet.tryParse(value) !== undefined;
}

/** An IP address or a DNS name, without port, scheme or brackets. */
export function isHost(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 253) return false;
  if (isIP(value) !== 0) return true;
  const labels = value.replace(/\.$/, '').split('.');
  // A last label of digits only is a mistyped IPv4 address (RFC 1123 section 2.1).
  return labels.every((label) => HOST_LABEL.test(label)) && !/^[0-9]+$/.test(labels.at(-1)!);
}

/** An absolute path that has no control characters. */
export function isAbsolutePath(value: unknown): value is string {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  return typeof value === 'string' && /^\/[^\x00-\x1f\x7f]*$/.test(value);
}

/** More members than a cluster of etcd has. */
const MAX_ADDRESSES = 9;

/** One or more of `http://host:port`, or of https, with commas between them. */
export function isStoreAddress(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const addresses = storeAddresses(value);
  const schemes = new Set(addresses.map((address) => address.split(':')[0]!.toLowerCase()));
  return addresses.length <= MAX_ADDRESSES && schemes.size === 1 && addresses.every(isBareUrl);
}

/** The URLs of a store address, each once. */
export function storeAddresses(value: string): string[] {
  return [...new Set(value.split(',').map((address) => address.trim()))];
}

/** `address:port` of an IP address, IPv6 in brackets; or `off`. */
export function isListenAddress(value: unknown): value is string {
  return typeof value === 'string' && (value === 'off' || listenAddress(value) !== undefined);
}

/** @returns undefined when it is none; `off` is none. */
export function listenAddress(value: string): ListenAddress | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]+)$/.exec(value) ?? [];
  const host = bracketed ?? plain ?? '';
  if (isIP(host) !== (bracketed === undefined ? 4 : 6) || !isPort(port)) return undefined;
  return { host, port: Number(port) };
}

function isBareUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const bare =
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' && bare;
}

/** A user of another program: something, on one line. */
export function isUserName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}]{1,256}$/u.test(value);
}

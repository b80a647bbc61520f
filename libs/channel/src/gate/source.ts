import { isIPv6 } from 'node:net';

/**
 * What counts as one place on the network: an IPv4 address, or the /64 of an IPv6 address, which is what one
 * host is given at least (RFC 6177) and could otherwise use as 2^64 addresses.
 *
 * @param address as Node prints it, without IPv4-mapped form; a zone (`%eth0`) is dropped.
 */
export function sourceOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1)[0]!.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 tail (`::ffff:1.2.3.4`) stands for two groups.
  const length = right.length + (right.at(-1)?.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - left.length - length;
  const groups = [...left, ...new Array<string>(zeros).fill('0'), ...right];
  const prefix = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${prefix.join(':')}::/64`;
}

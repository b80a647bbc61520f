import type { Link } from '#protocol';

/**
 * The links that somebody who watches the network wants to see of a host with many: first those that are down, the
 * longest first, then those that carry most.
 *
 * @param growth bytes by public key between the last two looks.
 */
export function foremostLinks<L extends Pick<Link, 'publicKey' | 'up' | 'latestHandshakeMs'>>(
  links: readonly L[],
  growth: ReadonlyMap<string, number>,
  most: number,
): readonly L[] {
  const carried = ({ publicKey }: L): number => growth.get(publicKey) ?? 0;
  const down = links.filter(({ up }) => !up).sort((a, b) => a.latestHandshakeMs - b.latestHandshakeMs);
  const up = links.filter((link) => link.up).sort((a, b) => carried(b) - carried(a));
  return [...down, ...up].slice(0, most);
}

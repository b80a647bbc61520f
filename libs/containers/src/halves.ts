import { BanyanError } from '#errors';
import type { Subnet } from '#network';

/** Length of the prefix of the smallest subnet that leaves either runtime an address worth having: 2 and 3 of them. */
const LONGEST_PREFIX = 29;

export interface Halves {
  /** The address of the host on the bridge, in the lower half. */
  readonly gateway: string;
  /** For CNI: from the first address after the gateway to the last of the lower half. */
  readonly cni: { readonly first: string; readonly last: string };
  /** For Docker: the upper half. It spares the last address itself, the subnet's broadcast. */
  readonly docker: Subnet;
}

/**
 * Divides a subnet between those who give addresses in it, since neither asks the other.
 *
 * @throws BanyanError `invalid` for a subnet smaller than a /29.
 */
export function halvesOf(subnet: Subnet): Halves {
  if (subnet.length > LONGEST_PREFIX) {
    throw new BanyanError('invalid', `the subnet ${subnet.text} is too small to hold containers`, {
      remedy: `Set subnet_prefix of the engine to ${LONGEST_PREFIX} or less.`,
    });
  }
  const half = subnet.length + 1;
  return {
    gateway: subnet.address(1),
    cni: { first: subnet.address(2), last: subnet.address(subnet.size / 2 - 1) },
    docker: subnet.part(1, half),
  };
}

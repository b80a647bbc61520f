import { TUNNEL_NETWORK } from '#crypto';
import { Subnet } from '#network';

const control = Subnet.parse(TUNNEL_NETWORK);

/** The network whose parts are given to agents. */
export interface Pool {
  readonly vpcCidr: Subnet;
  /** Length of the prefix of each part. */
  readonly subnetPrefix: number;
}

/** Number of parts; those that overlap the control network cannot occur, the settings are checked. */
export function poolSize({ vpcCidr, subnetPrefix }: Pool): number {
  return 2 ** (subnetPrefix - vpcCidr.length);
}

/**
 * The lowest free part of the network.
 *
 * @param isTaken by the text of a subnet.
 * @param avoid what the host of the agent routes itself.
 * @returns `taken`: every part is in use; `clashes`: what is free overlaps `avoid`.
 */
export function chooseSubnet(
  pool: Pool,
  isTaken: (text: string) => boolean,
  avoid: readonly Subnet[],
): Subnet | 'taken' | 'clashes' {
  const hindering = [control, ...avoid].filter((route) => route.overlaps(pool.vpcCidr));
  let clashes = false;
  for (let n = 0; n < poolSize(pool); n++) {
    const subnet = pool.vpcCidr.part(n, pool.subnetPrefix);
    if (isTaken(subnet.text)) continue;
    if (!hindering.some((route) => route.overlaps(subnet))) return subnet;
    clashes = true;
  }
  return clashes ? 'clashes' : 'taken';
}

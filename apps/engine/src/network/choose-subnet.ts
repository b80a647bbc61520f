import type { Subnet } from '#network';

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
  // A wider route, such as a cloud's 10.0.0.0/8, loses to ours by longest prefix.
  const hindering = avoid.filter((route) => pool.vpcCidr.contains(route));
  let clashes = false;
  for (let n = 0; n < poolSize(pool); n++) {
    const subnet = pool.vpcCidr.part(n, pool.subnetPrefix);
    if (isTaken(subnet.text)) continue;
    if (!hindering.some((route) => route.overlaps(subnet))) return subnet;
    clashes = true;
  }
  return clashes ? 'clashes' : 'taken';
}

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

/** Those routes of a host that are in the way. A wider one, such as a cloud's 10.0.0.0/8, loses by longest prefix. */
export function hindering({ vpcCidr }: Pool, routes: readonly Subnet[]): Subnet[] {
  return routes.filter((route) => vpcCidr.contains(route));
}

/**
 * The lowest free part of the network, or the one that is wanted if that is free.
 *
 * @param isTaken by the text of a subnet.
 * @param avoid what the host of the agent routes itself.
 * @returns `taken`: every part is in use; `clashes`: what is free overlaps `avoid`.
 */
export function chooseSubnet(
  pool: Pool,
  isTaken: (text: string) => boolean,
  avoid: readonly Subnet[],
  wanted?: Subnet,
): Subnet | 'taken' | 'clashes' {
  const inTheWay = hindering(pool, avoid);
  const clashesWith = (subnet: Subnet): boolean => inTheWay.some((route) => route.overlaps(subnet));
  const isPart = wanted && wanted.length === pool.subnetPrefix && pool.vpcCidr.contains(wanted);
  if (isPart && !isTaken(wanted.text) && !clashesWith(wanted)) return wanted;
  let clashes = false;
  for (let n = 0; n < poolSize(pool); n++) {
    const subnet = pool.vpcCidr.part(n, pool.subnetPrefix);
    if (isTaken(subnet.text)) continue;
    if (!clashesWith(subnet)) return subnet;
    clashes = true;
  }
  return clashes ? 'clashes' : 'taken';
}

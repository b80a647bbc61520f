import { TUNNEL_NETWORK } from '#crypto';
import { BanyanError } from '#errors';
import { Subnet } from '#network';
import { poolSize, type Pool } from './choose-subnet.js';

/** Networks that are private (RFC 1918) or shared by operators (RFC 6598). */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'].map((text) =>
  Subnet.parse(text),
);
const CONTROL = Subnet.parse(TUNNEL_NETWORK);
/** A gateway, a container through each of CNI and Docker, and the two addresses that are none: /29. */
const LONGEST_PREFIX = 29;
/** The parts are counted through when one is given out. */
const MOST_SUBNETS = 65_536;

/** @throws BanyanError `invalid` when agents could not be given parts of this network, with the reason. */
export function checkPool(pool: Pool): void {
  const { vpcCidr, subnetPrefix } = pool;
  if (!PRIVATE.some((network) => network.contains(vpcCidr))) {
    throw invalid(
      `vpc_cidr ${vpcCidr.text} is no private network`,
      'Choose a part of 10.0.0.0/8, as 10.201.0.0/16.',
    );
  }
  if (vpcCidr.overlaps(CONTROL)) {
    throw invalid(
      `vpc_cidr ${vpcCidr.text} overlaps ${CONTROL.text}, which wg-control uses`,
      'Choose another network, as 10.201.0.0/16.',
    );
  }
  if (subnetPrefix < vpcCidr.length || subnetPrefix > LONGEST_PREFIX) {
    throw invalid(
      `vpc_cidr ${vpcCidr.text} cannot be divided into subnets of /${subnetPrefix}`,
      `Choose a subnet_prefix from ${vpcCidr.length} to ${LONGEST_PREFIX}, or a larger vpc_cidr.`,
    );
  }
  if (poolSize(pool) > MOST_SUBNETS) {
    throw invalid(
      `vpc_cidr ${vpcCidr.text} has more than ${MOST_SUBNETS} subnets of /${subnetPrefix}`,
      'Choose a shorter subnet_prefix or a smaller vpc_cidr.',
    );
  }
}

/**
 * Whether subnets that were given out under the settings `before` are still what the settings `now` would
 * give: a larger network with the same prefix keeps them, anything else does not.
 */
export function keepsSubnets(before: Pool, now: Pool): boolean {
  return now.subnetPrefix === before.subnetPrefix && now.vpcCidr.contains(before.vpcCidr);
}

function invalid(what: string, remedy: string): BanyanError {
  return new BanyanError('invalid', what, { remedy });
}

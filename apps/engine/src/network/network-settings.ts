import { BanyanError } from '#errors';
import { checkVpcCidr } from '#network';
import { poolSize, type Pool } from './choose-subnet.js';

/** A gateway, a container through each of CNI and Docker, and the two addresses that are none: /29. */
const LONGEST_PREFIX = 29;
/** The parts are counted through when one is given out. */
const MOST_SUBNETS = 65_536;

/** @throws BanyanError `invalid` when agents could not be given parts of this network, with the reason. */
export function checkPool(pool: Pool): void {
  const { vpcCidr, subnetPrefix } = pool;
  const unfit = checkVpcCidr(vpcCidr);
  if (unfit !== undefined) throw invalid(unfit, 'Choose another part of 10.0.0.0/8, as 10.201.0.0/16.');
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

import { BanyanError } from '#errors';
import { Subnet } from '#network';
import type { Store } from '../store/store.js';
import type { Pool } from './choose-subnet.js';
import { checkPool, keepsSubnets } from './network-settings.js';

const KEY = 'network/settings';

/**
 * Holds the settings against those that the subnets in use were given out under, and writes them down.
 *
 * @param used number of subnets in use.
 * @throws BanyanError `invalid` when they do not fit; of the store.
 */
export async function settlePool(store: Store, pool: Pool, used: number): Promise<void> {
  checkPool(pool);
  const before = decode((await store.get(KEY))?.value);
  if (before && used > 0 && !keepsSubnets(before, pool)) {
    throw new BanyanError(
      'invalid',
      `vpc_cidr and subnet_prefix were ${text(before)} and are ${text(pool)} now, while ${used} subnets are in use`,
      {
        remedy: `Put back vpc_cidr: "${before.vpcCidr.text}" and subnet_prefix: "${before.subnetPrefix}" (a larger vpc_cidr that contains it is fine), or free all subnets first with \`banyan-engine release\`.`,
      },
    );
  }
  const value = JSON.stringify({ vpcCidr: pool.vpcCidr.text, subnetPrefix: pool.subnetPrefix });
  await store.transact([], [{ kind: 'put', key: KEY, value }]);
}

function text({ vpcCidr, subnetPrefix }: Pool): string {
  return `${vpcCidr.text} in /${subnetPrefix}`;
}

/** @returns undefined for what is not there or not understood: then nothing is known to have changed. */
function decode(value: string | undefined): Pool | undefined {
  if (value === undefined) return undefined;
  try {
    const { vpcCidr, subnetPrefix } = JSON.parse(value) as Record<string, unknown>;
    const network = typeof vpcCidr === 'string' ? Subnet.tryParse(vpcCidr) : undefined;
    return network && Number.isInteger(subnetPrefix)
      ? { vpcCidr: network, subnetPrefix: subnetPrefix as number }
      : undefined;
  } catch {
    return undefined;
  }
}

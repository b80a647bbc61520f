import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import type { Subnet } from './subnet.js';
import { checkVpcCidr } from './vpc-cidr.js';

/** The gateway, and a container each through CNI and Docker, beside the two addresses that are none. */
const LONGEST_PREFIX = 29;

/** Another agent, as this one needs to know it. */
export interface NetworkPeer {
  /** Whitelist name, for people. */
  readonly name: string;
  readonly publicKey: PublicKey;
  /** All of its containers; its allowed IPs. */
  readonly subnet: Subnet;
  /**
   * Where it was last seen, without a port; absent while nobody knows. A hint: WireGuard's own roaming is
   * newer.
   */
  readonly host?: string;
  /** It runs beside the engine: use the address by which this agent reaches the engine. */
  readonly atEngine: boolean;
  /** UDP port of its `banyan-wg`. */
  readonly port: number;
  /** Grows when `host` or `port` changes: only then is an endpoint that WireGuard has replaced. */
  readonly endpointRevision: number;
}

/** The network as one agent is to build it: what it is itself, and who its peers are. */
export interface Network {
  /** The store that revisions count in; another one is another network until an operator says otherwise. */
  readonly storeId: string;
  readonly revision: number;
  readonly vpcCidr: Subnet;
  /** This agent's own. */
  readonly subnet: Subnet;
  readonly peers: readonly NetworkPeer[];
}

/**
 * Whether a network can be built on this host without harm. An agent does not trust its engine blindly: one
 * that is mistaken, or no longer ours, must not take over addresses of the host or of other agents. Whatever is
 * in `vpcCidr` is kept on the network's own interfaces, so nothing else of this host's may be in there.
 *
 * @param hostRoutes destinations this host routes itself, the default route left out. One that is wider than
 *   `vpcCidr` is no obstacle: the longer prefix wins.
 * @throws BanyanError `invalid` that says what clashes; the caller keeps the last good network.
 */
export function checkNetwork(network: Network, hostRoutes: readonly Subnet[]): void {
  const { vpcCidr } = network;
  const unfit = checkVpcCidr(vpcCidr);
  if (unfit !== undefined) throw refused(unfit);
  const route = hostRoutes.find((own) => vpcCidr.contains(own));
  if (route) {
    throw refused(`vpc_cidr ${vpcCidr.text} covers ${route.text}, which this host routes itself`);
  }
  const owners = [{ name: 'this agent', subnet: network.subnet }, ...network.peers];
  for (const { name, subnet } of owners) {
    if (!vpcCidr.contains(subnet)) {
      throw refused(`the subnet ${subnet.text} of ${name} is outside vpc_cidr ${vpcCidr.text}`);
    }
    if (subnet.length > LONGEST_PREFIX) throw refused(`the subnet ${subnet.text} of ${name} is too small`);
  }
  const sorted = [...owners].sort(
    (a, b) => a.subnet.base - b.subnet.base || a.subnet.length - b.subnet.length,
  );
  for (const [index, { name, subnet }] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next?.subnet.overlaps(subnet)) {
      throw refused(`the subnets ${subnet.text} of ${name} and ${next.subnet.text} of ${next.name} overlap`);
    }
  }
}

function refused(why: string): BanyanError {
  return new BanyanError('invalid', `the network that the engine sent is refused: ${why}`, {
    remedy: 'The last good network stays in force. Look at `banyan-engine status` and `banyan-cli agents`.',
  });
}

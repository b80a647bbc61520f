import type { DesiredContainerNetworks } from '../container-networks.js';
import { halvesOf } from '../halves.js';
import { BRIDGE, INTERFACE, NETWORK, OWNER } from '../names.js';
import type { DockerNetwork, DockerNetworkSpecification } from './docker-state.js';

const LABEL = 'managed-by';
export const BRIDGE_NAME = 'com.docker.network.bridge.name';
/** The first that drops what does not come through the bridge, unless it comes by a trusted interface. */
const TRUSTING = 28;

/**
 * The Docker network (docs.docker.com, "Bridge network driver", options).
 *
 * @param major version of Docker. An older one would keep the option it does not know without effect, and show it
 *   after an upgrade as if it had one.
 */
export function specificationOf(
  { subnet, mtu }: DesiredContainerNetworks,
  major: number | undefined,
): DockerNetworkSpecification {
  const { gateway, docker } = halvesOf(subnet);
  return {
    name: NETWORK,
    driver: 'bridge',
    labels: { [LABEL]: OWNER },
    options: {
      [BRIDGE_NAME]: BRIDGE,
      // Or containers of other hosts would see the host in place of the container; what leaves the network is
      // masqueraded by the data plane.
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
      'com.docker.network.driver.mtu': String(mtu),
      ...(major === undefined || major < TRUSTING
        ? {}
        : { 'com.docker.network.bridge.trusted_host_interfaces': INTERFACE }),
    },
    pools: [{ subnet, range: docker, gateway }],
  };
}

export function isOurs({ name, labels }: DockerNetwork): boolean {
  return name === NETWORK && labels[LABEL] === OWNER;
}

/** @returns in what a network differs from what it should be, in words; undefined when in nothing. */
export function differenceOf(is: DockerNetwork, should: DockerNetworkSpecification): string | undefined {
  const pool = is.pools[0];
  const wanted = should.pools[0]!;
  if (!pool?.subnet.equals(wanted.subnet) || is.pools.length > 1) {
    return `its subnet is ${is.pools.map(({ subnet }) => subnet.text).join(' and ') || 'none'}, not ${wanted.subnet.text}`;
  }
  if (!pool.range?.equals(wanted.range!)) {
    return `its addresses are ${pool.range?.text ?? pool.subnet.text}, not ${wanted.range!.text}`;
  }
  if (pool.gateway !== wanted.gateway) return `its gateway is not ${wanted.gateway}`;
  if (is.driver !== should.driver) return `its driver is not ${should.driver}`;
  const option = Object.keys(should.options).find((name) => is.options[name] !== should.options[name]);
  return option === undefined ? undefined : `its option ${option} is not ${should.options[option]}`;
}

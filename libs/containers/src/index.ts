/**
 * How containers of this host join the bridge `banyan0`: a CNI network and, where there is a Docker, a Docker
 * network, each giving addresses out of its own half of the subnet. Not here: the bridge, its gateway, routes and
 * rules (`#dataplane`), when to apply it (`apps/agent`), and containers themselves: we start and stop none.
 *
 * Read container-networks.ts first.
 */
export type * from './container-networks.js';
export { systemContainerNetworks, type SystemContainerNetworksOptions } from './system-container-networks.js';

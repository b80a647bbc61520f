/**
 * The container network as data: subnets, peers, and whether a network may be built on a host. Pure.
 * Not here: who gets which subnet (`apps/engine`), interfaces, routes and rules (`apps/agent`).
 */
export { Subnet } from './subnet.js';
export { checkNetwork, type Network, type NetworkPeer } from './network.js';
export { checkVpcCidr } from './vpc-cidr.js';

/**
 * The container network on one host: `banyan-wg`, the bridge, routes, the firewall, and what keeps it closed
 * at the next boot. Knows hosts. Not here: what the network is (`#network`), who says so (`apps/engine`), when
 * to apply it (`apps/agent`), interfaces and tables as such (`#wireguard`, `#firewall`).
 *
 * Read data-plane.ts first.
 */
export type { HeldMove, KeyMove } from './key-move.js';
export type * from './data-plane.js';
export type { DockerChain } from './docker/docker-user.js';
export { iptables } from './docker/iptables.js';
export { isOurs as isAcceptance } from './docker/plan-acceptance.js';
export { systemDataPlane, type SystemDataPlaneOptions } from './system-data-plane.js';

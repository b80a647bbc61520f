/**
 * The control tunnel `wg-control`, either end: its interface and its firewall rules, made, kept and taken
 * away together. Knows WireGuard interfaces, the firewall and tunnel addresses. Not here: gRPC, configuration
 * files, who is admitted.
 *
 * Read control-interface.ts first; `rules/` is what the firewall says, `system/` the adapter to this host.
 */
export { EngineTunnel, type EngineTunnelOptions } from './engine-tunnel.js';
export { ClientTunnel, type ClientTunnelOptions, type EngineAddress } from './client-tunnel.js';
export type { Removal } from './control-interface.js';
export { refuseForeignNetwork } from './foreign-network.js';
export type { Surroundings } from './host-network.js';
export type { TunnelState } from './state.js';
export { systemTunnelHost, type TunnelHost } from './system/tunnel-host.js';
export { DEFAULT_PORT, INTERFACE, type Role } from './wg-control.js';

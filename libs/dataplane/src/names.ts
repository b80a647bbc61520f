/** The interface to other hosts, on every host (architecture, "Data plane"). */
export const INTERFACE = 'banyan-wg';
/** The bridge that local containers are on. */
export const BRIDGE = 'banyan0';
/** Seconds; keeps the mapping of a NAT or a stateful firewall before a host alive (wg(8)). */
export const KEEPALIVE = 25;
/** Our own: their routes are none of the host's. */
export const OWN_INTERFACES: readonly string[] = [INTERFACE, BRIDGE, 'wg-control'];

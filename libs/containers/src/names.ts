/** What the CNI network and the Docker network are called: the name people write after `--network`. */
export const NETWORK = 'banyan';
/** The bridge and the interface to other hosts, which `#dataplane` makes; a test holds them equal to its own. */
export const BRIDGE = 'banyan0';
export const INTERFACE = 'banyan-wg';
/** By which we know what is ours to change and to remove, in the CNI configuration and on the Docker network. */
export const OWNER = 'banyan-agent';

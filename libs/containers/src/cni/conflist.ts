import { halvesOf } from '../halves.js';
import type { DesiredContainerNetworks } from '../container-networks.js';
import { BRIDGE, NETWORK, OWNER } from '../names.js';

/**
 * Late in the order of names: the first file of the directory is the default network of containerd and CRI-O, and
 * we take nobody's place.
 */
export const CONFLIST = '90-banyan.conflist';
/** The default of host-local, written down because we read what it keeps there. */
export const LEASES = '/var/lib/cni/networks';

/**
 * The CNI network, as the text of its file (CNI specification 1.0.0, "Network configuration format").
 *
 * The bridge and its gateway are the data plane's: the plugin gives the bridge no address and masquerades nothing,
 * or containers of other hosts would see the host in place of the container.
 */
export function conflistOf({ subnet, mtu }: DesiredContainerNetworks): string {
  const { gateway, cni } = halvesOf(subnet);
  const range = { subnet: subnet.text, rangeStart: cni.first, rangeEnd: cni.last, gateway };
  const content = {
    cniVersion: '1.0.0',
    name: NETWORK,
    // Not of the specification: libcni passes over what it does not know.
    managedBy: OWNER,
    plugins: [
      {
        type: 'bridge',
        bridge: BRIDGE,
        isGateway: false,
        ipMasq: false,
        // For a container that calls itself by its published port.
        hairpinMode: true,
        mtu,
        ipam: {
          type: 'host-local',
          dataDir: LEASES,
          ranges: [[range]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      // Publishes ports: `nerdctl run -p`.
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** What a file of the CNI directory says of itself; nothing when it is no configuration. */
export function describeConfiguration(text: string): { readonly name?: string; readonly ours: boolean } {
  const content = parsed(text);
  if (typeof content !== 'object' || content === null) return { ours: false };
  const { name, managedBy } = content as Record<string, unknown>;
  return { ...(typeof name === 'string' ? { name } : {}), ours: managedBy === OWNER };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

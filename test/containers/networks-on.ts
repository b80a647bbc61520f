import type { ContainerNetworks } from '#containers';
import { systemContainerNetworks } from '../../libs/containers/src/system-container-networks.js';
import type { Host } from '../lab/index.js';

export interface NetworksOn {
  readonly networks: ContainerNetworks;
  /** What it logged. */
  readonly said: string[];
}

/** The container networks of a test host: what its agent would have. */
export function networksOn(host: Host): NetworksOn {
  const said: string[] = [];
  const root = `/proc/${host.network.pid}/root`;
  const networks = systemContainerNetworks({
    log: { say: (_, message) => said.push(message) },
    dockerSocket: `${root}/run/docker.sock`,
    cniDirectory: `${root}/etc/cni/net.d`,
    leases: `${root}/var/lib/cni/networks`,
  });
  return { networks, said };
}

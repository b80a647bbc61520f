import type { Log } from '#log';
import { CniDirectory } from './cni/cni-directory.js';
import { LEASES } from './cni/conflist.js';
import type { ContainerNetworks } from './container-networks.js';
import { DockerSocket } from './docker/docker-socket.js';
import { HostContainerNetworks } from './host-container-networks.js';

export interface SystemContainerNetworksOptions {
  readonly log: Log;
  /** Where Docker answers. */
  readonly dockerSocket?: string;
  /** Milliseconds that Docker has for one answer. */
  readonly dockerPatience?: number;
  /** Where CNI runtimes look for networks. */
  readonly cniDirectory?: string;
  /** Where host-local keeps its leases, as it is reached from here. */
  readonly leases?: string;
}

/** The container networks of this host. */
export function systemContainerNetworks({
  log,
  dockerSocket = '/var/run/docker.sock',
  dockerPatience = 5_000,
  cniDirectory = '/etc/cni/net.d',
  leases = LEASES,
}: SystemContainerNetworksOptions): ContainerNetworks {
  const docker = new DockerSocket(dockerSocket, dockerPatience);
  return new HostContainerNetworks(new CniDirectory(cniDirectory), leases, docker, log);
}

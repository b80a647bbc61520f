import type { AgentSettings } from '#config';
import { systemDataPlane, type DataPlane } from '#dataplane';
import { run } from '#host';
import { log } from '#log';
import { systemContainerNetworks, type ContainerNetworks } from '#containers';

/** The container network on this host. */
export function makeDataPlane({ stateDir }: AgentSettings): DataPlane {
  return systemDataPlane({ run, stateDir, log });
}

/** How containers of this host join it. */
export function makeContainerNetworks(): ContainerNetworks {
  return systemContainerNetworks({ log });
}

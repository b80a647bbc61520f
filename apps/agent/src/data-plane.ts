import { Logger } from '@nestjs/common';
import type { AgentSettings } from '#config';
import { systemDataPlane, type DataPlane } from '#dataplane';
import { run } from '#host';
import { systemContainerNetworks, type ContainerNetworks } from '#containers';

/** The container network on this host. */
export function makeDataPlane({ stateDir }: AgentSettings): DataPlane {
  const logger = new Logger('network');
  return systemDataPlane({ run, stateDir, log: { warn: (message) => logger.warn(message) } });
}

/** How containers of this host join it. */
export function makeContainerNetworks(): ContainerNetworks {
  const logger = new Logger('containers');
  return systemContainerNetworks({ log: { warn: (message) => logger.warn(message) } });
}

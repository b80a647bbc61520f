import type { AgentSettings } from '#config';
import { systemDataPlane, type DataPlane, type HostChange } from '#dataplane';
import { BanyanError } from '#errors';
import { run } from '#host';
import { systemContainerNetworks, type ContainerNetworks } from '#containers';
import { desiredOf } from '../../../agent/src/network/desired.js';
import { NetworkCache } from '../../../agent/src/network/network-cache.js';

/**
 * What the agent of these settings would change on this host to make it the network it knows.
 * @throws BanyanError `not-found` when it knows none.
 */
export async function networkPlan(settings: AgentSettings): Promise<readonly HostChange[]> {
  const known = await new NetworkCache(settings.stateDir).peek();
  if (!known) {
    throw new BanyanError('not-found', 'this agent knows no network yet', {
      remedy: 'Start it, and see `banyan-agent status`.',
    });
  }
  const { network } = known;
  const [host, containers] = await Promise.all([
    dataPlaneOf(settings).plan(desiredOf(known, settings)),
    containerNetworks().plan({ subnet: network.subnet, mtu: settings.mtu }),
  ]);
  return [...host, ...containers];
}

export function containerNetworks(): ContainerNetworks {
  return systemContainerNetworks({ log: { warn: () => undefined } });
}

export function dataPlaneOf({ stateDir }: AgentSettings): DataPlane {
  return systemDataPlane({ run, stateDir, log: { warn: () => undefined } });
}

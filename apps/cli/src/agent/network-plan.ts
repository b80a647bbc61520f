import type { AgentSettings } from '#config';
import { systemDataPlane, type DataPlane, type HostChange } from '#dataplane';
import { asBanyanError, BanyanError } from '#errors';
import { run } from '#host';
import { SILENT } from '#log';
import { systemContainerNetworks, type ContainerNetworks } from '#containers';
import { desiredOf } from '../../../agent/src/network/desired.js';
import { OwnKeys } from '../../../agent/src/own-keys.js';
import { NetworkCache } from '../../../agent/src/network/network-cache.js';

export interface NetworkPlan {
  readonly changes: readonly HostChange[];
  /** Why runtimes would not find what they should; absent: they would. */
  readonly inTheWay?: BanyanError;
}

/**
 * What the agent of these settings would change on this host to make it the network it knows.
 * @throws BanyanError `not-found` when it knows none; as the data plane.
 */
export async function networkPlan(settings: AgentSettings): Promise<NetworkPlan> {
  const known = await new NetworkCache(settings.stateDir).peek();
  if (!known) {
    throw new BanyanError('not-found', 'this agent knows no network yet', {
      remedy: 'Start it, and see `banyan-agent status`.',
    });
  }
  const { network } = known;
  const keys = new OwnKeys(settings);
  await keys.load();
  const [host, containers] = await Promise.all([
    dataPlaneOf(settings).plan(desiredOf(known, { ...settings, privateKey: keys.ofNetwork })),
    containerNetworks()
      .plan({ subnet: network.subnet, mtu: settings.mtu })
      .then(
        (changes) => ({ changes }),
        (error: unknown) => ({ changes: [], inTheWay: asBanyanError(error) }),
      ),
  ]);
  return { ...containers, changes: [...host, ...containers.changes] };
}

export function containerNetworks(): ContainerNetworks {
  return systemContainerNetworks({ log: SILENT });
}

export function dataPlaneOf({ stateDir }: AgentSettings): DataPlane {
  return systemDataPlane({ run, stateDir, log: SILENT });
}

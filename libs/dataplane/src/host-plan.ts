import type { Inspected, Table } from '#firewall';
import type { Subnet } from '#network';
import { plan as planDevice, type ActualDevice, type Change, type DesiredDevice } from '#wireguard';
import type { DesiredDataPlane } from './data-plane.js';
import { desiredDevice } from './desired-device.js';
import { hintOf, type EndpointHints } from './endpoint-hints.js';
import { clashingRoutes } from './foreign-routes.js';
import type { HostRoute, NetworkStep, Surroundings } from './host-network.js';
import { planForwarding, planReversePath, type KernelSettings, type KernelStep } from './kernel-settings.js';
import { planBarrier } from './plan-barrier.js';
import { planBridge, type BridgeMemory } from './plan-bridge.js';

/** The host around `banyan-wg`, as far as the data plane is concerned. */
export interface HostState {
  readonly surroundings: Surroundings;
  readonly kernel: KernelSettings;
  readonly tables: readonly { readonly table: Table; readonly is: Inspected }[];
}

/** What this run remembers of the host from one look to the next. */
export interface Memory {
  readonly hints: EndpointHints;
  readonly bridge: BridgeMemory | undefined;
}

/** What keeps traffic in. It comes first, and whatever else is in the way. */
export interface ClosingPlan {
  readonly tables: HostState['tables'];
  readonly barrier: readonly NetworkStep[];
}

/** What lets traffic through, in the order in which it is done. */
export interface OpeningPlan {
  readonly forwarding: readonly KernelStep[];
  readonly bridge: readonly NetworkStep[];
  readonly device: { readonly desired: DesiredDevice; readonly changes: readonly Change[] };
  readonly reversePath: readonly KernelStep[];
  /** Subnets that are not routed, because somebody else's route is in the way. */
  readonly clashes: ReadonlyMap<Subnet, HostRoute>;
}

export function planClosing({ network }: DesiredDataPlane, { surroundings, tables }: HostState): ClosingPlan {
  return {
    tables: tables.filter(({ is }) => is !== 'in force'),
    barrier: planBarrier(network.vpcCidr, surroundings.routes),
  };
}

/**
 * Pure, as {@link planClosing}: it can be shown instead of carried out.
 *
 * @param now milliseconds since the epoch.
 * @throws BanyanError `conflict` when the bridge's name is taken; `invalid` when the network contradicts itself.
 */
export function planOpening(
  desired: DesiredDataPlane,
  { surroundings, kernel }: HostState,
  device: ActualDevice | undefined,
  memory: Memory,
  now: number,
): OpeningPlan {
  const { network, mtu, engineAddress } = desired;
  const clashes = clashingRoutes(network, surroundings.routes);
  const present = new Map(device?.peers.map((peer) => [peer.publicKey.text, peer]));
  const wanted = desiredDevice(desired, {
    endpointFor: (peer) => {
      const hint = hintOf(peer, network, engineAddress);
      return memory.hints.endpointFor(peer, hint, present.get(peer.publicKey.text), now);
    },
    mayRoute: ({ subnet }) => !clashes.has(subnet),
  });
  return {
    forwarding: planForwarding(kernel),
    bridge: planBridge({ subnet: network.subnet, mtu }, surroundings.links, memory.bridge),
    device: { desired: wanted, changes: planDevice(wanted, device) },
    reversePath: planReversePath(kernel),
    clashes,
  };
}

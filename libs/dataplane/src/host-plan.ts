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

/** The host as it is, as far as the data plane is concerned. */
export interface HostState {
  readonly device: ActualDevice | undefined;
  readonly surroundings: Surroundings;
  readonly kernel: KernelSettings;
  readonly tables: readonly { readonly table: Table; readonly is: Inspected }[];
}

/** What this run remembers of the host from one look to the next. */
export interface Memory {
  readonly hints: EndpointHints;
  readonly bridge: BridgeMemory | undefined;
}

/** What is to be done, in the order in which it is done: what closes before what opens. */
export interface HostPlan {
  readonly tables: HostState['tables'];
  readonly barrier: readonly NetworkStep[];
  readonly forwarding: readonly KernelStep[];
  readonly bridge: readonly NetworkStep[];
  readonly device: { readonly desired: DesiredDevice; readonly changes: readonly Change[] };
  readonly reversePath: readonly KernelStep[];
  /** Subnets that are not routed, because somebody else's route is in the way. */
  readonly clashes: ReadonlyMap<Subnet, HostRoute>;
}

/**
 * The way from what is to what should be. Pure: it can be shown instead of carried out.
 *
 * @param now milliseconds since the epoch.
 * @throws BanyanError `conflict` when the bridge's name is taken; `invalid` when the network contradicts itself.
 */
export function planHost(desired: DesiredDataPlane, state: HostState, memory: Memory, now: number): HostPlan {
  const { network, mtu, engineAddress } = desired;
  const { device, surroundings, kernel, tables } = state;
  const clashes = clashingRoutes(network, surroundings.routes);
  const present = new Map(device?.peers.map((peer) => [peer.publicKey.text, peer]));
  const wanted = desiredDevice(desired, {
    endpointFor: (peer) =>
      memory.hints.endpointFor(
        peer,
        hintOf(peer, network, engineAddress),
        present.get(peer.publicKey.text),
        now,
      ),
    mayRoute: ({ subnet }) => !clashes.has(subnet),
  });
  return {
    tables: tables.filter(({ is }) => is !== 'in force'),
    barrier: planBarrier(network.vpcCidr, surroundings.routes),
    forwarding: planForwarding(kernel),
    bridge: planBridge({ subnet: network.subnet, mtu }, surroundings.links, memory.bridge),
    device: { desired: wanted, changes: planDevice(wanted, device) },
    reversePath: planReversePath(kernel),
    clashes,
  };
}

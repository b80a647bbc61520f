import type { Inspected, Table } from '#firewall';
import type { Subnet } from '#network';
import { plan, planPeerRemovals, type ActualDevice, type Change, type DesiredDevice } from '#wireguard';
import type { DesiredDataPlane } from './data-plane.js';
import { desiredDevice } from './desired-device.js';
import { hintOf, type EndpointHints } from './endpoint-hints.js';
import { clashingRoutes } from './foreign-routes.js';
import { guardOf, planGuard, type Guard, type GuardStep } from './guard.js';
import type { HostRoute, NetworkStep, Surroundings } from './host-network.js';
import { planForwarding, planReversePath, type KernelSettings, type KernelStep } from './kernel-settings.js';
import { planBarrier } from './plan-barrier.js';
import { planRoutingRules } from './plan-routing-rules.js';
import { planBridge, type BridgeMemory } from './plan-bridge.js';

/** The host around `banyan-wg`, as far as the data plane is concerned. */
export interface HostState {
  readonly surroundings: Surroundings;
  readonly kernel: KernelSettings;
  readonly tables: readonly { readonly table: Table; readonly is: Inspected }[];
  /** For the next boot; absent: none is kept. */
  readonly guard?: Guard;
}

/** What keeps traffic in. It comes first, and whatever else is in the way. */
export interface ClosingPlan {
  readonly tables: HostState['tables'];
  readonly barrier: readonly NetworkStep[];
  readonly guard: readonly GuardStep[];
}

export interface DevicePlan {
  readonly desired: DesiredDevice;
  /** It needs the bridge first: routes name the gateway as their source. */
  readonly changes: readonly Change[];
  /** Subnets that are not routed, because somebody else's route is in the way. */
  readonly clashes: ReadonlyMap<Subnet, HostRoute>;
}

/** What lets traffic through, beside `banyan-wg`. */
export interface OpeningPlan {
  readonly forwarding: readonly KernelStep[];
  readonly bridge: readonly NetworkStep[];
  readonly reversePath: readonly KernelStep[];
}

// Pure, all of them: a plan can be shown instead of carried out.

/** Peers that go. Of everything this can least wait for what may fail. */
export function planRemovals({ network }: DesiredDataPlane, device: ActualDevice | undefined): Change[] {
  return planPeerRemovals(network.peers, device?.peers ?? []);
}

export function planClosing(
  { network }: DesiredDataPlane,
  { surroundings, tables, guard }: HostState,
): ClosingPlan {
  const wanted = guardOf(
    network.vpcCidr,
    tables.map(({ table }) => table),
  );
  return {
    tables: tables.filter(({ is }) => is !== 'in force'),
    barrier: [
      ...planBarrier(network.vpcCidr, surroundings.routes),
      ...planRoutingRules(network.vpcCidr, surroundings.rules),
    ],
    guard: planGuard(wanted, guard),
  };
}

/**
 * @param device as it is; undefined when there is none.
 * @param ages milliseconds since its peers were heard, by public key.
 * @throws BanyanError `invalid` when the network contradicts itself.
 */
export function planDevice(
  desired: DesiredDataPlane,
  { surroundings }: HostState,
  device: ActualDevice | undefined,
  hints: EndpointHints,
  ages: ReadonlyMap<string, number>,
): DevicePlan {
  const { network, engineAddress } = desired;
  const clashes = clashingRoutes(network, surroundings.routes);
  const present = new Map(device?.peers.map((peer) => [peer.publicKey.text, peer]));
  const wanted = desiredDevice(desired, {
    endpointFor: (peer) => {
      const hint = hintOf(peer, network, engineAddress);
      const { text } = peer.publicKey;
      return hints.endpointFor(peer, hint, present.get(text), ages.get(text));
    },
    mayRoute: ({ subnet }) => !clashes.has(subnet),
  });
  const changes = plan(wanted, device).filter(({ kind }) => kind !== 'remove-peer');
  return { desired: wanted, changes, clashes };
}

/** @throws BanyanError `conflict` when the name of the bridge is somebody else's. */
export function planOpening(
  { network: { subnet }, mtu }: DesiredDataPlane,
  { surroundings, kernel }: HostState,
  bridge: BridgeMemory | undefined,
): OpeningPlan {
  return {
    forwarding: planForwarding(kernel),
    bridge: planBridge({ subnet, mtu }, surroundings.links, bridge),
    reversePath: planReversePath(kernel),
  };
}

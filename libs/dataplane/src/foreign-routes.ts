import { BanyanError } from '#errors';
import { Subnet, type Network } from '#network';
import type { HostRoute } from './host-network.js';
import { OWN_INTERFACES } from './names.js';

/** What comes from somebody else. */
function isForeign({ device, ours }: HostRoute): boolean {
  return !ours && (device === undefined || !OWN_INTERFACES.includes(device));
}

/**
 * Destinations that this host routes itself. Not among them: the default route, ours, those with nobody behind
 * them, and those that refuse packets, such as a blackhole for all private networks.
 */
export function hostDestinations(routes: readonly HostRoute[]): string[] {
  const own = routes.filter(
    (route) =>
      isForeign(route) && route.device !== undefined && !route.linkDown && route.destination !== '0.0.0.0/0',
  );
  return [...new Set(own.map(({ destination }) => destination))];
}

/**
 * Routes of others that would win over ours, or lose to ours without their owner's knowing: to a subnet of the
 * network, or to a part of one. A wider route, such as a cloud's 10.0.0.0/8, loses to ours by longest prefix.
 *
 * @returns by subnet, the first such route.
 */
export function clashingRoutes(
  { subnet: own, peers }: Network,
  routes: readonly HostRoute[],
): Map<Subnet, HostRoute> {
  const foreign = routes.filter(isForeign).map((route) => ({ route, to: Subnet.parse(route.destination) }));
  const clashes = new Map<Subnet, HostRoute>();
  for (const subnet of [own, ...peers.map(({ subnet }) => subnet)]) {
    const clash = foreign.find(({ to }) => subnet.contains(to));
    if (clash) clashes.set(subnet, clash.route);
  }
  return clashes;
}

/** @param whose subnet it is, as `this agent`. */
export function routeClash(
  subnet: Subnet,
  { destination, device, type }: HostRoute,
  whose: string,
): BanyanError {
  const by = device ?? type;
  return new BanyanError(
    'conflict',
    `this host routes ${destination} to ${by}, in the subnet ${subnet.text} of ${whose}`,
    {
      remedy: `See \`ip route show ${destination}\`; remove that route, or give the agent another subnet.`,
    },
  );
}

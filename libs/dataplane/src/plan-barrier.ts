import type { Subnet } from '#network';
import { ROUTE_PROTOCOL } from '#wireguard';
import type { HostRoute, NetworkStep } from './host-network.js';

/** The worst metric there is: any other route to the same destination is better. */
const METRIC = 4_294_967_295;

/**
 * A route that swallows what is meant for the network and has no better route: without it, the default route
 * would carry that away in clear while an interface is down, whatever becomes of the firewall.
 */
export function planBarrier(vpcCidr: Subnet, routes: readonly HostRoute[]): NetworkStep[] {
  const barriers = barriersIn(routes);
  const isOurs = ({ destination, metric }: HostRoute) => destination === vpcCidr.text && metric === METRIC;
  const missing: NetworkStep = {
    line: `route add ${barrierRoute(vpcCidr)}`,
    what: `add the blackhole route for ${vpcCidr.text}`,
    why: 'without it the default route takes what has no tunnel',
  };
  return [
    ...(barriers.some(isOurs) ? [] : [missing]),
    ...barriers.filter((route) => !isOurs(route)).map((route) => removal(route, 'it is not of this network')),
  ];
}

/** The route, as `ip route` takes it after what to do with it. */
export function barrierRoute(vpcCidr: Subnet): string {
  return `blackhole ${vpcCidr.text} proto ${ROUTE_PROTOCOL} metric ${METRIC}`;
}

/** Takes every blackhole route of ours away. */
export function planNoBarrier(routes: readonly HostRoute[]): NetworkStep[] {
  return barriersIn(routes).map((route) => removal(route, 'the container network is taken down'));
}

function barriersIn(routes: readonly HostRoute[]): HostRoute[] {
  return routes.filter(({ type, ours }) => type === 'blackhole' && ours);
}

function removal({ destination, metric }: HostRoute, why: string): NetworkStep {
  return {
    line: `route delete blackhole ${destination} proto ${ROUTE_PROTOCOL} metric ${metric}`,
    what: `remove the blackhole route for ${destination}`,
    why,
  };
}

import { MARK } from '#firewall';
import type { Subnet } from '#network';
import { ROUTE_PROTOCOL } from '#wireguard';
import type { NetworkStep, RoutingRule } from './host-network.js';
import { BRIDGE, INTERFACE } from './names.js';

/** Before every rule of others, also one that would take the network elsewhere; after the host's own addresses. */
const FIRST_PREFERENCE = 201;
/** Where the kernel makes it a bit pattern: `ip rule` prints it so. */
const MARKED = `fwmark 0x${MARK.toString(16)}/0x${MARK.toString(16)}`;

/**
 * Routes to the network are for this host, its containers, peers, and what the firewall has marked as translated;
 * whatever else is meant for it ends here. So a host of the LAN that has a route into the network by way of this one
 * reaches nothing also when somebody has flushed the firewall, and the marks with it.
 */
export function planRoutingRules(vpcCidr: Subnet, present: readonly RoutingRule[]): NetworkStep[] {
  const wanted = routingRules(vpcCidr);
  return [
    ...wanted
      .filter((rule) => !present.some(({ text }) => text === rule))
      .map((rule) => ({
        line: `rule add ${rule}`,
        what: `add the routing rule ${shown(rule)}`,
        why: 'without these rules only the firewall keeps the LAN out',
      })),
    ...present
      .filter(({ text }) => !wanted.includes(text))
      .map((rule) => removal(rule, 'it is not of this network')),
  ];
}

/** As {@link RoutingRule} has them, in their order. */
export function routingRules({ text: vpc }: Subnet): string[] {
  const known = ['iif lo', `iif ${BRIDGE}`, `iif ${INTERFACE}`, MARKED];
  return [...known.map((who) => `${who} to ${vpc} lookup main`), `to ${vpc} blackhole`].map(
    (rule, place) => `pref ${FIRST_PREFERENCE + place} ${rule} protocol ${ROUTE_PROTOCOL}`,
  );
}

/** Takes every routing rule of ours away, the one that closes first: the others only except from it. */
export function planNoRoutingRules(present: readonly RoutingRule[]): NetworkStep[] {
  return present.toReversed().map((rule) => removal(rule, 'the container network is taken down'));
}

function removal({ text }: RoutingRule, why: string): NetworkStep {
  return { line: `rule delete ${text}`, what: `remove the routing rule ${shown(text)}`, why };
}

/** Without where it stands and whose it is. */
function shown(rule: string): string {
  return rule.replace(/^pref \d+ /, '').replace(/ protocol \d+$/, '');
}

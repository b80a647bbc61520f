import { BanyanError } from '#errors';
import type { Subnet } from '#network';
import { parseInterfaceName } from '#wireguard';
import type { Link, NetworkStep } from './host-network.js';
import { BRIDGE } from './names.js';

export interface DesiredBridge {
  readonly subnet: Subnet;
  /** Bytes. */
  readonly mtu: number;
}

/** The bridge as it was last seen whole, with who was on it. */
export interface BridgeMemory {
  readonly index: number;
  readonly ports: readonly Pick<Link, 'index' | 'name'>[];
}

/** The address by which containers of the subnet reach their host. */
export function gatewayOf(subnet: Subnet): string {
  return subnet.address(1);
}

export function rememberBridge(links: readonly Link[]): BridgeMemory | undefined {
  const bridge = links.find(({ name }) => name === BRIDGE);
  if (!bridge) return undefined;
  const ports = links.filter(({ master }) => master === BRIDGE);
  return { index: bridge.index, ports: ports.map(({ index, name }) => ({ index, name })) };
}

/**
 * What the bridge lacks. One that is there already, such as Docker's, is made ours: its ports stay, IPv4
 * addresses that are not the gateway go.
 *
 * @param memory of the bridge; absent: never seen. Containers that were on one that has been deleted since are
 *   put on the new one, for nobody else does.
 * @throws BanyanError `conflict` when the name belongs to something that is no bridge.
 */
export function planBridge(
  { subnet, mtu }: DesiredBridge,
  links: readonly Link[],
  memory: BridgeMemory | undefined,
): NetworkStep[] {
  const bridge = links.find(({ name }) => name === BRIDGE);
  if (bridge && bridge.kind !== 'bridge') throw taken(bridge);
  const gateway = `${gatewayOf(subnet)}/${subnet.length}`;
  return [
    ...(bridge ? [] : [creation(subnet)]),
    ...(bridge?.mtu === mtu ? [] : [widening(mtu, bridge)]),
    ...(bridge?.addresses.includes(gateway) ? [] : [addition(gateway)]),
    ...(bridge?.addresses ?? []).filter((address) => address !== gateway).map(removal),
    ...(bridge?.up ? [] : [raising(bridge)]),
    ...lostPorts(bridge, links, memory).map(attachment),
  ];
}

/**
 * With a hardware address of its own: otherwise the bridge takes the lowest of its ports', which changes as
 * containers come and go, and those that stay lose their gateway until they ask again.
 */
function creation(subnet: Subnet): NetworkStep {
  const octets = gatewayOf(subnet)
    .split('.')
    .map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return {
    line: `link add name ${BRIDGE} address 02:62:${octets.join(':')} type bridge`,
    what: `create the bridge ${BRIDGE}`,
    why: 'there is none',
  };
}

function widening(mtu: number, bridge: Link | undefined): NetworkStep {
  return {
    line: `link set dev ${BRIDGE} mtu ${Math.trunc(mtu)}`,
    what: `set the MTU of ${BRIDGE} to ${mtu}`,
    why: bridge ? `it is ${bridge.mtu}` : 'a new bridge has a default MTU',
  };
}

function addition(gateway: string): NetworkStep {
  return {
    line: `address replace ${gateway} dev ${BRIDGE}`,
    what: `add the gateway ${gateway} to ${BRIDGE}`,
    why: `${BRIDGE} lacks it`,
  };
}

function removal(address: string): NetworkStep {
  return {
    line: `address delete ${address} dev ${BRIDGE}`,
    what: `remove the address ${address} from ${BRIDGE}`,
    why: 'it is not the gateway of this agent',
  };
}

function raising(bridge: Link | undefined): NetworkStep {
  return {
    line: `link set dev ${BRIDGE} up`,
    what: `bring ${BRIDGE} up`,
    why: bridge ? 'it is down' : 'a new bridge is down',
  };
}

function attachment({ name }: Pick<Link, 'name'>): NetworkStep {
  return {
    line: `link set dev ${parseInterfaceName(name)} master ${BRIDGE}`,
    what: `put ${name} on ${BRIDGE} again`,
    why: `${BRIDGE} was deleted with containers on it`,
  };
}

function lostPorts(
  bridge: Link | undefined,
  links: readonly Link[],
  memory: BridgeMemory | undefined,
): Link[] {
  if (!memory || bridge?.index === memory.index) return [];
  const known = new Set(memory.ports.map(({ index, name }) => `${index} ${name}`));
  return links.filter(({ index, name, master }) => master === undefined && known.has(`${index} ${name}`));
}

function taken({ kind }: Link): BanyanError {
  return new BanyanError(
    'conflict',
    `the interface name ${BRIDGE} is taken: it is an interface of kind ${kind}`,
    {
      remedy: `See \`ip -details link show dev ${BRIDGE}\`; remove or rename that interface.`,
    },
  );
}

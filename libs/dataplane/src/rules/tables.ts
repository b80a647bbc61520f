import { TUNNEL_NETWORK } from '#crypto';
import type { Chain, Match, Rule, Table } from '#firewall';
import type { Network } from '#network';
import { BRIDGE, INTERFACE } from '../names.js';

/** The firewall table of the container network. */
const TABLE = 'banyan_network';
/** Names of every table that {@link dataPlaneTables} may make. */
export const DATA_PLANE_TABLES: readonly string[] = [TABLE];

export interface DataPlaneRules {
  readonly network: Network;
  /** Whether containers of other hosts may open connections to this host. */
  readonly hostAccess: boolean;
  /** Whether this host forwarded nothing before us: then it is to forward nothing but ours and Docker's. */
  readonly forwardingWasOff: boolean;
}

const fromPeers: Match = { on: 'arrives-by', interface: INTERFACE };
const notFromPeers: Match = { on: 'arrives-by', interface: INTERFACE, not: true };
const toPeers: Match = { on: 'leaves-by', interface: INTERFACE };
const fromContainers: Match = { on: 'arrives-by', interface: BRIDGE };
const toContainers: Match = { on: 'leaves-by', interface: BRIDGE };
const known: Match = { on: 'known-connection' };

const fromElsewhere: Match = { on: 'arrives-by', interface: 'lo', not: true };
const opening: Match = { on: 'tcp-opening' };
/** Neither interface of ours, nor the host itself. */
const arrivesElsewhere: readonly Match[] = [INTERFACE, BRIDGE, 'lo'].map(
  (name) => ({ on: 'arrives-by', interface: name, not: true }) as const,
);
const leavesElsewhere: readonly Match[] = [INTERFACE, BRIDGE, 'lo'].map(
  (name) => ({ on: 'leaves-by', interface: name, not: true }) as const,
);

/**
 * The firewall of the container network. It fails closed: every rule names interfaces that may not be there,
 * and what should go by them goes nowhere else.
 *
 * A packet pays for each condition that is looked at until it is decided, and most packets are those of honest
 * containers, inside the tunnel and around it. So these are decided first, and what a rule asks first is what they
 * fail.
 */
export function dataPlaneTables({ network, hostAccess, forwardingWasOff }: DataPlaneRules): Table[] {
  return [
    {
      name: TABLE,
      chains: [
        prerouting(network),
        translated(network),
        input(hostAccess),
        forward(network, forwardingWasOff),
        output(network),
        postrouting(network),
      ],
    },
  ];
}

/** Before connection tracking: what lies about where it comes from leaves no trace in it. */
function prerouting({ vpcCidr, subnet }: Network): Chain {
  const ownSubnet: Match = { on: 'source', network: subnet.text };
  return {
    hook: 'prerouting',
    priority: -300,
    rules: [
      // An IPv4 address is matched by IPv4 packets only: what is dropped after these has IPv6 in it.
      accept(fromPeers, { on: 'source', network: vpcCidr.text }, { ...ownSubnet, not: true }),
      accept(fromContainers, ownSubnet, { on: 'destination', network: TUNNEL_NETWORK, not: true }),
      drop(fromPeers),
      drop(fromContainers),
      drop({ on: 'source', network: vpcCidr.text }, fromElsewhere),
      drop({ on: 'destination', network: vpcCidr.text }, fromElsewhere),
    ],
  };
}

/**
 * After port mappings and masquerading have put in the addresses of containers: what has one now and comes from
 * elsewhere, where none had one before, was let in by a mapping or is an answer. Routing takes it by this mark alone.
 */
function translated({ vpcCidr }: Network): Chain {
  return {
    name: 'translated',
    hook: 'prerouting',
    priority: -50,
    rules: [{ when: [{ on: 'destination', network: vpcCidr.text }, ...arrivesElsewhere], verdict: 'mark' }],
  };
}

function input(hostAccess: boolean): Chain {
  const closed = [accept(notFromPeers), accept(known), accept({ on: 'echo-request' }), drop()];
  return { hook: 'input', priority: 0, rules: hostAccess ? [] : closed };
}

function forward(network: Network, forwardingWasOff: boolean): Chain {
  return {
    hook: 'forward',
    priority: 0,
    rules: [
      { when: [fromPeers, opening], verdict: 'clamp-mss' },
      accept(fromPeers, toContainers),
      drop(fromPeers),
      { when: [toPeers, opening], verdict: 'clamp-mss' },
      accept(fromContainers, toPeers),
      dropLeaks(network),
      accept(fromContainers),
      accept(toContainers, known),
      accept(toContainers, { on: 'translated-destination' }),
      drop(toContainers),
      // From elsewhere to peers: this host is no router into the network.
      drop(toPeers),
      ...(forwardingWasOff ? nothingOfOthers() : []),
    ],
  };
}

/** What Docker forwards beside us goes on; a host that was no router before is none now. */
function nothingOfOthers(): readonly Rule[] {
  const docker: readonly { interface: string; prefix?: true }[] = [
    { interface: 'docker0' },
    { interface: 'br-', prefix: true },
  ];
  return [
    accept(known),
    accept({ on: 'translated-destination' }),
    ...docker.map((bridge) => accept({ on: 'arrives-by', ...bridge })),
    drop(),
  ];
}

function output(network: Network): Chain {
  return { hook: 'output', priority: 0, rules: [dropLeaks(network)] };
}

function dropLeaks({ vpcCidr }: Network): Rule {
  return drop({ on: 'destination', network: vpcCidr.text }, ...leavesElsewhere);
}

function postrouting({ vpcCidr, subnet }: Network): Chain {
  return {
    type: 'nat',
    hook: 'postrouting',
    priority: 100,
    rules: [
      {
        when: [
          ...leavesElsewhere,
          { on: 'source', network: subnet.text },
          { on: 'destination', network: vpcCidr.text, not: true },
        ],
        verdict: 'masquerade',
      },
    ],
  };
}

function accept(...when: readonly Match[]): Rule {
  return { when, verdict: 'accept' };
}

function drop(...when: readonly Match[]): Rule {
  return { when, verdict: 'drop' };
}

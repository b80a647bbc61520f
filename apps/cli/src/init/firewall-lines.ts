import type { Role, SectionOf } from '#config';

/** Commands that let a role's traffic pass, for the three firewalls that servers usually have. */
export interface FirewallLines {
  readonly nftables: readonly string[];
  readonly ufw: readonly string[];
  readonly firewalld: readonly string[];
}

/**
 * What must come in for a role, and what it forwards: the engine is called, agents are sent to by other agents and
 * have containers, operators only call. What these two call matters where outgoing traffic is filtered, which
 * firewalld does not do by itself.
 */
export function firewallLines(role: Role, section: SectionOf<Role>): FirewallLines {
  if ('grpc_port' in section) return incoming({ tcp: section.grpc_port, udp: section.wg_listen_port });
  const calls = outgoing(section.engine_port, section.engine_wg_port);
  if (!('wg_port' in section)) return calls;
  return joined(incoming({ udp: section.wg_port }), CONTAINERS, calls);
}

/** A firewall that forwards only what it is told to: our own table can forbid more, and cannot allow what it forbids. */
const CONTAINERS: FirewallLines = {
  nftables: [
    'nft insert rule inet filter forward iifname banyan0 accept',
    'nft insert rule inet filter forward oifname banyan0 accept',
  ],
  ufw: ['ufw route allow in on banyan0', 'ufw route allow out on banyan0'],
  firewalld: ['firewall-cmd --permanent --zone=trusted --add-interface=banyan0 --add-interface=banyan-wg'],
};

export interface Ports {
  readonly tcp?: number;
  readonly udp?: number;
}

/** What opens these ports. @param chains of nftables, as `inet filter input`, which is the usual one. */
export function incoming(ports: Ports, chains: readonly string[] = []): FirewallLines {
  const open = Object.entries(ports);
  const added = open.map(([protocol, port]) => `--add-port=${port}/${protocol}`).join(' ');
  return {
    nftables: (chains.length === 0 ? ['inet filter input'] : chains).flatMap((chain) =>
      open.map(([protocol, port]) => `nft insert rule ${chain} ${protocol} dport ${port} accept`),
    ),
    ufw: open.map(([protocol, port]) => `ufw allow ${port}/${protocol}`),
    firewalld: [`firewall-cmd --permanent ${added}`, 'firewall-cmd --reload'],
  };
}

function outgoing(tcp: number, udp: number): FirewallLines {
  return {
    nftables: [
      `nft insert rule inet filter output tcp dport ${tcp} accept`,
      `nft insert rule inet filter output udp dport ${udp} accept`,
    ],
    ufw: [`ufw allow out ${tcp}/tcp`, `ufw allow out ${udp}/udp`],
    firewalld: [],
  };
}

function joined(...all: readonly FirewallLines[]): FirewallLines {
  const reload = 'firewall-cmd --reload';
  const firewalld = all.flatMap((lines) => lines.firewalld).filter((line) => line !== reload);
  return {
    nftables: all.flatMap((lines) => lines.nftables),
    ufw: all.flatMap((lines) => lines.ufw),
    firewalld: [...firewalld, reload],
  };
}

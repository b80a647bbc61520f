import type { Role, SectionOf } from '#config';

/** Commands that let a role's traffic pass, for the three firewalls that servers usually have. */
export interface FirewallLines {
  readonly nftables: readonly string[];
  readonly ufw: readonly string[];
  readonly firewalld: readonly string[];
}

/**
 * The engine is called: its two ports must be open to the others. Agents and operators call it: lines are needed
 * where outgoing traffic is filtered, which firewalld does not do by itself. Agents are called by one another, on the
 * port of the container network.
 */
export function firewallLines(role: Role, section: SectionOf<Role>): FirewallLines {
  const [tcp, udp] =
    'grpc_port' in section
      ? [section.grpc_port, section.wg_listen_port]
      : [section.engine_port, section.engine_wg_port];
  if (role !== 'engine') {
    const mesh = 'wg_port' in section ? [section.wg_port] : [];
    return {
      nftables: [
        ...mesh.map((port) => `nft insert rule inet filter input udp dport ${port} accept`),
        `nft insert rule inet filter output tcp dport ${tcp} accept`,
        `nft insert rule inet filter output udp dport ${udp} accept`,
      ],
      ufw: [
        ...mesh.map((port) => `ufw allow ${port}/udp`),
        `ufw allow out ${tcp}/tcp`,
        `ufw allow out ${udp}/udp`,
      ],
      firewalld: mesh.flatMap((port) => [
        `firewall-cmd --permanent --add-port=${port}/udp`,
        'firewall-cmd --reload',
      ]),
    };
  }
  return {
    nftables: [
      `nft insert rule inet filter input tcp dport ${tcp} accept`,
      `nft insert rule inet filter input udp dport ${udp} accept`,
    ],
    ufw: [`ufw allow ${tcp}/tcp`, `ufw allow ${udp}/udp`],
    firewalld: [
      `firewall-cmd --permanent --add-port=${tcp}/tcp --add-port=${udp}/udp`,
      'firewall-cmd --reload',
    ],
  };
}

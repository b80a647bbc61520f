import type { Role, SectionOf } from '#config';

/** Commands that let a role's traffic pass, for the three firewalls that servers usually have. */
export interface FirewallLines {
  readonly nftables: readonly string[];
  readonly ufw: readonly string[];
  readonly firewalld: readonly string[];
}

/**
 * The engine is called: its two ports must be open to the others. Agents and operators only call: lines
 * are needed where outgoing traffic is filtered, which firewalld does not do by itself.
 */
export function firewallLines(role: Role, section: SectionOf<Role>): FirewallLines {
  const [tcp, udp] =
    'grpc_port' in section
      ? [section.grpc_port, section.wg_listen_port]
      : [section.engine_port, section.engine_wg_port];
  if (role !== 'engine') {
    return {
      nftables: [
        `nft insert rule inet filter output tcp dport ${tcp} accept`,
        `nft insert rule inet filter output udp dport ${udp} accept`,
      ],
      ufw: [`ufw allow out ${tcp}/tcp`, `ufw allow out ${udp}/udp`],
      firewalld: [],
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

/** The interface of the control tunnel, on every host (spec, "WireGuard control tunnel"). */
export const INTERFACE = 'wg-control';
/** UDP port of the engine's end (spec, "Port"). Clients listen on any. */
export const DEFAULT_PORT = 51_821;
/** Seconds; keeps the mapping of a NAT or a stateful firewall before a client alive (wg(8)). */
export const KEEPALIVE = 25;
/** How long drift goes unnoticed at most. */
export const RECONCILE_MS = 10_000;

export type Role = 'engine' | 'agent' | 'cli';
const ROLES: readonly Role[] = ['engine', 'agent', 'cli'];

/** One table a role: a role that loses the race for the interface takes back its own rules and no others. */
export function tableName(role: Role): string {
  return `banyan_control_${role}`;
}

export function tablesOfOthers(role: Role): string[] {
  return ROLES.filter((other) => other !== role).map(tableName);
}

/** Set as alias of the interface: says whose it is also after `init` has given its role another key. */
export function label(role: Role): string {
  return `banyan-${role}`;
}

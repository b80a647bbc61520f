import { renderTable, type Table } from '#firewall';
import type { Subnet } from '#network';
import { ROUTE_PROTOCOL } from '#wireguard';
import { barrierRoute } from './plan-barrier.js';
import { routingRules } from './plan-routing-rules.js';

/**
 * What keeps this host closed between its next boot and the start of the agent: Docker makes its bridge anew and
 * starts containers before that. `banyan-guard.service` loads it, without us.
 */
export interface Guard {
  /** Tables, as `nft -f` takes them. */
  readonly rules: string;
  /** The blackhole route and the routing rules, as `ip -batch` takes them, also where they are there already. */
  readonly routes: string;
}

/** Where the guard is kept from one boot to the next. */
export interface GuardStore {
  /** @returns undefined when there is none that can be read whole. */
  read(): Promise<Guard | undefined>;
  /** @throws BanyanError `host` when it cannot be kept, as on a full disk. */
  write(guard: Guard): Promise<void>;
  /** @returns whether there was one, or a part of one. */
  remove(): Promise<boolean>;
}

export interface GuardStep {
  readonly guard: Guard;
  readonly what: string;
  readonly why: string;
}

export function guardOf(vpcCidr: Subnet, tables: readonly Table[]): Guard {
  return {
    rules: tables.map(renderTable).join(''),
    routes: [
      `route replace ${barrierRoute(vpcCidr)}`,
      // A rule cannot be replaced.
      `rule flush protocol ${ROUTE_PROTOCOL}`,
      ...routingRules(vpcCidr).map((rule) => `rule add ${rule}`),
      '',
    ].join('\n'),
  };
}

/** @param kept as {@link GuardStore.read} has it. */
export function planGuard(guard: Guard, kept: Guard | undefined): GuardStep[] {
  if (kept?.rules === guard.rules && kept.routes === guard.routes) return [];
  const why = kept ? 'those that are kept say something else' : 'none are kept';
  return [{ guard, what: 'keep the closing rules for the next boot', why }];
}

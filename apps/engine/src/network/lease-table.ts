import { Subnet } from '#network';
import type { Entry } from '../store/store.js';

/** Leases in memory: the subnet of each agent, and whether a subnet is anybody's. */
export class LeaseTable {
  readonly #byAgent = new Map<string, Subnet>();
  readonly #texts = new Set<string>();
  readonly #damaged = new Set<string>();

  /**
   * @param leases `leases/AGENT_ID`, with the subnet as value.
   * @param owners `subnets/BASE-LENGTH`, with the agent's id as value.
   * @returns with the keys of entries that fit no entry of the other kind. Their subnets are nobody's, and
   *   not free either.
   */
  static read(leases: readonly Entry[], owners: readonly Entry[]): { table: LeaseTable; damaged: string[] } {
    const table = new LeaseTable();
    const owned = new Map(owners.map(({ key, value }) => [subnetOf(key), value]));
    const damaged: string[] = [];
    for (const { key, value } of leases) {
      const agentId = afterSlash(key);
      const subnet = Subnet.tryParse(value);
      if (subnet && owned.get(subnet.text) === agentId) {
        table.add(agentId, subnet);
        continue;
      }
      damaged.push(key);
      table.#damaged.add(agentId);
      if (subnet) table.#texts.add(subnet.text);
    }
    for (const { key } of owners) {
      const text = subnetOf(key);
      if (table.has(text)) continue;
      damaged.push(key);
      table.#texts.add(text);
    }
    return { table, damaged };
  }

  get size(): number {
    return this.#byAgent.size;
  }

  of(agentId: string): Subnet | undefined {
    return this.#byAgent.get(agentId);
  }

  /** Whether the store has a lease of this agent that is none. */
  isDamaged(agentId: string): boolean {
    return this.#damaged.has(agentId);
  }

  has(text: string): boolean {
    return this.#texts.has(text);
  }

  add(agentId: string, subnet: Subnet): void {
    this.#byAgent.set(agentId, subnet);
    this.#texts.add(subnet.text);
  }

  remove(agentId: string): void {
    const subnet = this.#byAgent.get(agentId);
    this.#byAgent.delete(agentId);
    if (subnet) this.#texts.delete(subnet.text);
  }
}

function afterSlash(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

function subnetOf(key: string): string {
  return afterSlash(key).replace('-', '/');
}

import { BanyanError } from '#errors';
import { renderRemoval, renderTable } from '../render.js';
import type { Ensured, Firewall, Inspected, Table } from '../table.js';

/**
 * The firewall of a host that exists in memory, for the tests of whatever uses the port. Strict: it refuses
 * every table that nftables would be refused.
 */
export class MemoryFirewall implements Firewall {
  /** What the host has in force, by name. */
  readonly tables = new Map<string, Table>();
  readonly #left = new Map<string, string>();
  #failure: BanyanError | undefined;

  inspect(table: Table): Promise<Inspected> {
    return Promise.resolve().then(() => {
      if (this.#failure) throw this.#failure;
      const text = renderTable(table);
      const before = this.tables.get(table.name);
      if (!before) return 'missing';
      if (renderTable(before) !== text) return 'changed';
      return this.#left.get(table.name) === text ? 'in force' : 'unverified';
    });
  }

  ensure(table: Table): Promise<Ensured> {
    return Promise.resolve().then(() => {
      if (this.#failure) throw this.#failure;
      const text = renderTable(table);
      const before = this.tables.get(table.name);
      const known = this.#left.get(table.name) === text;
      if (known && before && renderTable(before) === text) return 'unchanged';
      this.tables.set(table.name, table);
      this.#left.set(table.name, text);
      return known ? 'repaired' : 'applied';
    });
  }

  present(names: readonly string[]): Promise<readonly string[]> {
    return Promise.resolve().then(() => {
      if (this.#failure) throw this.#failure;
      return names.filter((name) => this.tables.has(name));
    });
  }

  remove(names: readonly string[]): Promise<void> {
    return Promise.resolve().then(() => {
      if (this.#failure) throw this.#failure;
      for (const name of names) {
        renderRemoval(name);
        this.tables.delete(name);
        this.#left.delete(name);
      }
    });
  }

  /** Somebody runs `nft flush ruleset`. */
  flush(): void {
    this.tables.clear();
  }

  /** From now on nothing works, as without nftables; undefined: it works again. */
  fail(error: BanyanError | undefined): void {
    this.#failure = error;
  }
}

import { BanyanError } from '#errors';
import type { Run, RunResult } from '#host';
import { isWhole } from './listing.js';
import { renderRemoval, renderTable } from './render.js';
import type { Ensured, Firewall, Inspected, Table } from './table.js';
import { digestOf, type TableRecord } from './table-record.js';

/** A table as this instance left it. */
interface Left {
  readonly text: string;
  readonly listing: string;
}

/**
 * The firewall of this host, by `nft`. The one file here that runs a program.
 *
 * @param earlier what earlier runs have left; absent: tables of theirs are loaded again.
 */
export function nftables(run: Run, earlier?: TableRecord): Firewall {
  return new Nftables(run, earlier);
}

class Nftables implements Firewall {
  readonly #left = new Map<string, Left>();

  constructor(
    private readonly run: Run,
    private readonly earlier: TableRecord | undefined,
  ) {}

  async inspect(table: Table): Promise<Inspected> {
    const listing = await this.#list(table.name);
    if (listing === undefined) return 'missing';
    const text = renderTable(table);
    const left = this.#left.get(table.name);
    if (left?.text === text) return left.listing === listing ? 'in force' : 'changed';
    if (left !== undefined) return 'changed';
    if (await this.earlier?.has(table.name, digestOf({ text, listing }))) {
      this.#left.set(table.name, { text, listing });
      return 'in force';
    }
    return isWhole(listing, table) ? 'unverified' : 'changed';
  }

  async ensure(table: Table): Promise<Ensured> {
    const text = renderTable(table);
    const left = this.#left.get(table.name);
    if (left?.text === text && (await this.#list(table.name)) === left.listing) return 'unchanged';
    await this.#transact(text);
    const listing = await this.#list(table.name);
    if (listing === undefined || !isWhole(listing, table)) {
      throw new BanyanError('host', `the firewall table ${table.name} was changed as soon as it was made`, {
        remedy: `Find what else changes it: \`nft monitor\` shows every change.`,
      });
    }
    this.#left.set(table.name, { text, listing });
    // The rules are in force: that a full disk keeps no record of it costs the next run a second loading.
    await this.earlier?.note(table.name, digestOf({ text, listing })).catch(() => undefined);
    return left?.text === text ? 'repaired' : 'applied';
  }

  async present(names: readonly string[]): Promise<readonly string[]> {
    const result = await this.run('nft', ['list', 'tables', 'inet']);
    if (result.exitCode !== 0) throw failure(result, 'read');
    const listed = new Set(result.stdout.split('\n').map((line) => line.trim()));
    return names.filter((name) => listed.has(`table inet ${name}`));
  }

  async remove(names: readonly string[]): Promise<void> {
    await this.#transact(names.map(renderRemoval).join(''));
    for (const name of names) this.#left.delete(name);
  }

  /** @returns undefined when there is no such table. */
  async #list(name: string): Promise<string | undefined> {
    const result = await this.run('nft', ['--stateless', 'list', 'table', 'inet', name]);
    if (result.exitCode === 0) return result.stdout;
    if (result.stderr.includes('No such file or directory')) return undefined;
    throw failure(result, 'read');
  }

  async #transact(text: string): Promise<void> {
    const result = await this.run('nft', ['-f', '-'], { input: text });
    if (result.exitCode !== 0) throw failure(result, 'changed');
  }
}

function failure({ exitCode, stderr }: RunResult, verb: string): BanyanError {
  if (/Operation not permitted|Permission denied/.test(stderr)) {
    return new BanyanError('host', `the firewall may be ${verb} by root only`, {
      remedy: 'Run this as root, or with sudo.',
    });
  }
  const said = stderr.trim().split('\n', 1)[0] || `exit code ${exitCode}`;
  return new BanyanError('host', `the firewall could not be ${verb}: \`nft\` said ${JSON.stringify(said)}`, {
    remedy: 'Check that `nft list ruleset` works; nftables must be 0.9 or newer and the kernel must have it.',
  });
}

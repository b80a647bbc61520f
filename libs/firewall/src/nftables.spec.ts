import { BanyanError } from '#errors';
import type { Run, RunResult } from '#host';
import { nftables } from './nftables.js';
import { renderTable } from './render.js';
import type { Table } from './table.js';

const table: Table = {
  name: 'banyan_test',
  chains: [{ hook: 'input', priority: 0, rules: [{ when: [], verdict: 'drop' }] }],
};
const LISTING = 'table inet banyan_test {\n\tchain input {\n\t\ttype filter hook input;\n\t\tdrop\n\t}\n}\n';
const ABSENT = { exitCode: 1, stdout: '', stderr: 'Error: No such file or directory\nlist table inet x\n' };

/** An `nft` that keeps the listing of one table. */
class Nft {
  listing: string | undefined;
  /** What a table is listed as once it has been made. */
  made: string | undefined = LISTING;
  readonly transactions: string[] = [];
  answer: RunResult | undefined;

  readonly run: Run = (program, args, options) => {
    if (this.answer) return Promise.resolve(this.answer);
    const done = (stdout: string): Promise<RunResult> => Promise.resolve({ exitCode: 0, stdout, stderr: '' });
    switch ([program, ...args].join(' ')) {
      case 'nft -f -':
        this.transactions.push(options?.input ?? '');
        this.listing = options?.input?.includes('chain') ? this.made : undefined;
        return done('');
      case 'nft --stateless list table inet banyan_test':
        return this.listing === undefined ? Promise.resolve(ABSENT) : done(this.listing);
      case 'nft list tables inet':
        return done(`table inet filter\n${this.listing === undefined ? '' : 'table inet banyan_test\n'}`);
      default:
        throw new Error(`unplanned: ${program} ${args.join(' ')}`);
    }
  };
}

describe('nftables', () => {
  let nft: Nft;
  beforeEach(() => (nft = new Nft()));

  it('applies a table once, and then only reads it', async () => {
    const firewall = nftables(nft.run);
    expect(await firewall.ensure(table)).toBe('applied');
    expect(await firewall.ensure(table)).toBe('unchanged');
    expect(nft.transactions).toEqual([renderTable(table)]);
  });

  it('applies again what was flushed', async () => {
    const firewall = nftables(nft.run);
    await firewall.ensure(table);
    nft.listing = undefined;
    expect(await firewall.ensure(table)).toBe('repaired');
    expect(await firewall.ensure(table)).toBe('unchanged');
  });

  it('applies again what was changed by hand, though as many rules are left', async () => {
    const firewall = nftables(nft.run);
    await firewall.ensure(table);
    nft.listing = LISTING.replace('drop', 'tcp dport 22 drop');
    expect(await firewall.ensure(table)).toBe('repaired');
  });

  it('trusts no table that it did not apply itself', async () => {
    nft.listing = LISTING;
    expect(await nftables(nft.run).ensure(table)).toBe('applied');
  });

  it('applies a table that should be another now', async () => {
    const firewall = nftables(nft.run);
    await firewall.ensure(table);
    const other = { ...table, chains: [{ ...table.chains[0]!, priority: 1 }] };
    expect(await firewall.ensure(other)).toBe('applied');
    expect(nft.transactions).toHaveLength(2);
  });

  it('looks at a table without touching it, and says what it cannot know', async () => {
    const firewall = nftables(nft.run);
    expect(await firewall.inspect(table)).toBe('missing');
    nft.listing = LISTING;
    expect(await firewall.inspect(table)).toBe('unverified');
    nft.listing = LISTING.replace('\t\tdrop\n', '');
    expect(await firewall.inspect(table)).toBe('changed');
    expect(nft.transactions).toEqual([]);
    await firewall.ensure(table);
    expect(await firewall.inspect(table)).toBe('in force');
    nft.listing = LISTING.replace('drop', 'tcp dport 22 drop');
    expect(await firewall.inspect(table)).toBe('changed');
    expect(await firewall.inspect({ ...table, chains: [{ ...table.chains[0]!, priority: 1 }] })).toBe(
      'changed',
    );
  });

  it('knows a table again that an earlier run has left, as long as nobody has changed it', async () => {
    const noted = new Map<string, string>();
    const record = {
      has: (name: string, digest: string) => Promise.resolve(noted.get(name) === digest),
      note: (name: string, digest: string) => Promise.resolve(void noted.set(name, digest)),
    };
    await nftables(nft.run, record).ensure(table);
    expect(await nftables(nft.run, record).inspect(table)).toBe('in force');
    const other = { ...table, chains: [{ ...table.chains[0]!, priority: 1 }] };
    expect(await nftables(nft.run, record).inspect(other)).toBe('unverified');
    nft.listing = LISTING.replace('drop', 'tcp dport 22 drop');
    expect(await nftables(nft.run, record).inspect(table)).toBe('unverified');
    nft.listing = undefined;
    expect(await nftables(nft.run, record).inspect(table)).toBe('missing');
  });

  it('tells which tables of some names there are', async () => {
    const firewall = nftables(nft.run);
    expect(await firewall.present(['banyan_test', 'filter', 'banyan'])).toEqual(['filter']);
    await firewall.ensure(table);
    expect(await firewall.present(['banyan_test'])).toEqual(['banyan_test']);
  });

  it.each([
    ['is gone', undefined],
    ['lacks a rule', LISTING.replace('\t\tdrop\n', '')],
  ])('does not call a table applied that %s when it is read back', async (_, made) => {
    nft.made = made;
    await expect(nftables(nft.run).ensure(table)).rejects.toMatchObject({
      kind: 'host',
      message: 'the firewall table banyan_test was changed as soon as it was made',
    });
  });

  it('removes tables in one transaction that does not ask whether they are there', async () => {
    await nftables(nft.run).remove(['one', 'two']);
    expect(nft.transactions).toEqual([
      'add table inet one\ndelete table inet one\nadd table inet two\ndelete table inet two\n',
    ]);
  });

  it('applies a table anew after it was removed', async () => {
    const firewall = nftables(nft.run);
    await firewall.ensure(table);
    await firewall.remove([table.name]);
    expect(await firewall.ensure(table)).toBe('applied');
  });

  it('says that root is needed', async () => {
    nft.answer = { exitCode: 1, stdout: '', stderr: 'Operation not permitted (you must be root)\n' };
    await expect(nftables(nft.run).ensure(table)).rejects.toMatchObject({
      kind: 'host',
      remedy: 'Run this as root, or with sudo.',
    });
  });

  it('says what nft said', async () => {
    nft.answer = { exitCode: 1, stdout: '', stderr: 'Error: Could not process rule\nadd table\n' };
    await expect(nftables(nft.run).ensure(table)).rejects.toThrow(
      'the firewall could not be changed: `nft` said "Error: Could not process rule"',
    );
  });

  it('passes on that nft is not installed', async () => {
    const missing = new BanyanError('host', '`nft` is not installed');
    await expect(nftables(() => Promise.reject(missing)).ensure(table)).rejects.toBe(missing);
  });
});

import type { Table } from '../table.js';
import { MemoryFirewall } from './memory-firewall.js';

const table: Table = { name: 'banyan_test', chains: [] };

describe('the firewall in memory', () => {
  it('answers as nftables does', async () => {
    const firewall = new MemoryFirewall();
    expect(await firewall.inspect(table)).toBe('missing');
    expect(await firewall.ensure(table)).toBe('applied');
    expect(await firewall.ensure(table)).toBe('unchanged');
    expect(await firewall.inspect(table)).toBe('in force');
    expect(await firewall.present([table.name, 'another'])).toEqual([table.name]);
    firewall.flush();
    expect(await firewall.ensure(table)).toBe('repaired');
    await firewall.remove([table.name]);
    expect(firewall.tables.size).toBe(0);
    expect(await firewall.ensure(table)).toBe('applied');
  });

  it('refuses what nftables would be refused', async () => {
    await expect(new MemoryFirewall().ensure({ name: 'a b', chains: [] })).rejects.toThrow(
      'not the name of a table',
    );
  });
});

import { guardOf, planGuard } from './guard.js';
import { dataPlaneTables } from './rules/tables.js';
import { sampleNetwork, VPC } from './testing/sample.js';

const tables = dataPlaneTables({ network: sampleNetwork(), hostAccess: false, forwardingWasOff: true });
const guard = guardOf(VPC, tables);

describe('the guard of the next boot', () => {
  it('is the firewall and the blackhole route, which it takes no offence at finding there', () => {
    expect(guard.rules).toMatch(
      /^add table inet banyan_network\ndelete table inet banyan_network\ntable inet/,
    );
    expect(guard.routes).toBe('route replace blackhole 10.201.0.0/16 proto 201 metric 4294967295\n');
  });

  it('is kept when there is none, or another', () => {
    expect(planGuard(guard, undefined)).toMatchObject([{ guard, why: 'none are kept' }]);
    for (const other of [
      { ...guard, rules: '' },
      { ...guard, routes: '' },
    ]) {
      expect(planGuard(guard, other)).toMatchObject([{ why: 'those that are kept say something else' }]);
    }
    expect(planGuard(guard, { ...guard })).toEqual([]);
  });
});

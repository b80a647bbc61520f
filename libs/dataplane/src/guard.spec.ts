import { guardOf, planGuard } from './guard.js';
import { routingRules } from './plan-routing-rules.js';
import { dataPlaneTables } from './rules/tables.js';
import { sampleNetwork, VPC } from './testing/sample.js';

const tables = dataPlaneTables({ network: sampleNetwork(), hostAccess: false, forwardingWasOff: true });
const guard = guardOf(VPC, tables);

describe('the guard of the next boot', () => {
  it('is the firewall, the blackhole route and routing rules, whatever of it is there already', () => {
    expect(guard.rules).toMatch(
      /^add table inet banyan_network\ndelete table inet banyan_network\ntable inet/,
    );
    expect(guard.routes.split('\n')).toEqual([
      'route replace blackhole 10.201.0.0/16 proto 201 metric 4294967295',
      'rule flush protocol 201',
      ...routingRules(VPC).map((rule) => `rule add ${rule}`),
      '',
    ]);
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

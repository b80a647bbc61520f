import { planNoRoutingRules, planRoutingRules, routingRules } from './plan-routing-rules.js';
import { VPC } from './testing/sample.js';

const RULES = [
  'pref 201 iif lo to 10.201.0.0/16 lookup main protocol 201',
  'pref 202 iif banyan0 to 10.201.0.0/16 lookup main protocol 201',
  'pref 203 iif banyan-wg to 10.201.0.0/16 lookup main protocol 201',
  'pref 204 fwmark 0x1000/0x1000 to 10.201.0.0/16 lookup main protocol 201',
  'pref 205 to 10.201.0.0/16 blackhole protocol 201',
];
const present = RULES.map((text) => ({ text }));

describe('the routing rules', () => {
  it('route to the network for those that may, and for nobody else', () => {
    expect(routingRules(VPC)).toEqual(RULES);
    expect(planRoutingRules(VPC, []).map(({ line }) => line)).toEqual(
      RULES.map((rule) => `rule add ${rule}`),
    );
    expect(planRoutingRules(VPC, present)).toEqual([]);
  });

  it('are healed one by one', () => {
    for (const { text } of present) {
      const rest = present.filter((rule) => rule.text !== text);
      expect(planRoutingRules(VPC, rest).map(({ line }) => line)).toEqual([`rule add ${text}`]);
    }
  });

  it('of another network go after those of this one have come', () => {
    const other = { text: 'pref 205 to 10.77.0.0/16 blackhole protocol 201' };
    expect(planRoutingRules(VPC, [...present.slice(1), other]).map(({ line }) => line)).toEqual([
      `rule add ${RULES[0]}`,
      `rule delete ${other.text}`,
    ]);
  });

  it('are removed beginning with the one that closes', () => {
    expect(planNoRoutingRules(present).map(({ line }) => line)).toEqual(
      RULES.toReversed().map((rule) => `rule delete ${rule}`),
    );
  });
});

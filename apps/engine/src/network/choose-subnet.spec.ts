import fc from 'fast-check';
import { Subnet } from '#network';
import { chooseSubnet, poolSize, type Pool } from './choose-subnet.js';

/** Sixteen parts at most, so that all of them can be looked at. */
const pools = fc
  .record({ base: fc.nat(0xffff), length: fc.integer({ min: 16, max: 26 }), bits: fc.nat(4) })
  .filter(({ length, bits }) => length + bits <= 29)
  .map(({ base, length, bits }): Pool => {
    const vpcCidr = Subnet.at((10 << 24) | (base << 8), length);
    return { vpcCidr, subnetPrefix: length + bits };
  });
const routes = fc.array(
  fc
    .record({ low: fc.nat(0xffffff), length: fc.integer({ min: 12, max: 32 }) })
    .map(({ low, length }) => Subnet.at((10 << 24) | low, length)),
  { maxLength: 4 },
);

describe('the subnet that is chosen', () => {
  it('is the lowest that is free and clashes with nothing, whatever is taken and routed', () => {
    fc.assert(
      fc.property(pools, routes, fc.nat(0xffff), fc.boolean(), (pool, elsewhere, mask, inside) => {
        const parts = Array.from({ length: poolSize(pool) }, (_, n) =>
          pool.vpcCidr.part(n, pool.subnetPrefix),
        );
        const taken = new Set(parts.filter((_, n) => (mask >> n) & 1).map(({ text }) => text));
        const avoid = inside
          ? elsewhere.map((route) => Subnet.at(pool.vpcCidr.base, route.length))
          : elsewhere;
        const free = parts.filter(({ text }) => !taken.has(text));
        const inTheWay = avoid.filter((route) => pool.vpcCidr.contains(route));
        const fitting = free.filter((part) => !inTheWay.some((route) => route.overlaps(part)));
        const expected = fitting[0] ?? (free.length > 0 ? 'clashes' : 'taken');
        expect(chooseSubnet(pool, (text) => taken.has(text), avoid)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('minds no route that is wider than the network: the longer prefix wins', () => {
    const pool = { vpcCidr: Subnet.parse('10.201.0.0/16'), subnetPrefix: 24 };
    const wide = ['10.0.0.0/8', '0.0.0.0/1'].map((text) => Subnet.parse(text));
    expect(chooseSubnet(pool, () => false, wide)).toEqual(Subnet.parse('10.201.0.0/24'));
    expect(chooseSubnet(pool, () => false, [pool.vpcCidr])).toBe('clashes');
  });

  it('is the wanted one where that is a part, free and in nobody’s way', () => {
    const pool = { vpcCidr: Subnet.parse('10.201.0.0/16'), subnetPrefix: 24 };
    const [first, wanted] = [Subnet.parse('10.201.0.0/24'), Subnet.parse('10.201.7.0/24')];
    const chosen = (taken: string, avoid: Subnet[], want: Subnet) =>
      chooseSubnet(pool, (text) => text === taken, avoid, want);
    expect(chosen('', [], wanted)).toEqual(wanted);
    expect(chosen(wanted.text, [], wanted)).toEqual(first);
    expect(chosen('', [Subnet.parse('10.201.7.7/32')], wanted)).toEqual(first);
    for (const other of ['10.202.7.0/24', '10.201.7.0/25', '10.201.0.0/16'])
      expect(chosen('', [], Subnet.parse(other))).toEqual(first);
  });

  it('is found among 65,536 when only the last is free, by one question about each', () => {
    const pool = { vpcCidr: Subnet.parse('172.16.0.0/12'), subnetPrefix: 28 };
    const last = pool.vpcCidr.part(poolSize(pool) - 1, 28);
    let questions = 0;
    const taken = (text: string): boolean => {
      questions += 1;
      return text !== last.text;
    };
    expect(chooseSubnet(pool, taken, [])).toEqual(last);
    expect(questions).toBe(poolSize(pool));
  });
});

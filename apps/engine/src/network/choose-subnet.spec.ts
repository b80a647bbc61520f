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
const control = Subnet.parse('10.200.0.0/16');

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
        const fitting = free.filter((part) => ![control, ...avoid].some((route) => route.overlaps(part)));
        const expected = fitting[0] ?? (free.length > 0 ? 'clashes' : 'taken');
        expect(chooseSubnet(pool, (text) => taken.has(text), avoid)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is found among 65,536 when only the last is free, in less than a tenth of a second', () => {
    const pool = { vpcCidr: Subnet.parse('172.16.0.0/12'), subnetPrefix: 28 };
    const last = pool.vpcCidr.part(poolSize(pool) - 1, 28);
    const started = performance.now();
    expect(chooseSubnet(pool, (text) => text !== last.text, [])).toEqual(last);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

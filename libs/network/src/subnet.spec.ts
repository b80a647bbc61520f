import fc from 'fast-check';
import { Subnet } from './index.js';

const subnets = fc
  .tuple(fc.nat(0xffff_ffff), fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => Subnet.at(address, length));

describe('Subnet', () => {
  it('survives being written and read', () => {
    fc.assert(fc.property(subnets, (subnet) => Subnet.parse(subnet.text).equals(subnet)));
  });

  it.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0/8',
    '::/0',
    '10.0.0.0/8/8',
    '10.0.0.0/8 ',
    '0x0a.0.0.0/8',
  ])('does not take %p', (text) => expect(() => Subnet.parse(text)).toThrow('not an IPv4 network'));

  it('says what was meant when host bits are set', () => {
    expect(() => Subnet.parse('10.201.3.7/24')).toThrow('has host bits set');
  });

  it('overlaps exactly when one holds an address of the other', () => {
    fc.assert(
      fc.property(subnets, subnets, (one, other) => {
        const last = (subnet: Subnet): number => subnet.base + subnet.size - 1;
        const shared = Math.max(one.base, other.base) <= Math.min(last(one), last(other));
        expect(one.overlaps(other)).toBe(shared);
        expect(other.overlaps(one)).toBe(shared);
      }),
    );
  });

  it('is made up of its parts, which do not overlap', () => {
    const vpc = Subnet.parse('10.201.0.0/22');
    const parts = [0, 1, 2, 3].map((n) => vpc.part(n, 24));
    expect(parts.map(String)).toEqual(['10.201.0.0/24', '10.201.1.0/24', '10.201.2.0/24', '10.201.3.0/24']);
    expect(() => vpc.part(4, 24)).toThrow(RangeError);
    expect(parts[1]!.address(1)).toBe('10.201.1.1');
    expect(() => parts[1]!.address(256)).toThrow(RangeError);
  });

  it('holds the addresses it counts, and no others', () => {
    const subnet = Subnet.parse('10.201.4.0/30');
    expect([0, 1, 2, 3].map((n) => subnet.holds(subnet.address(n)))).toEqual([true, true, true, true]);
    expect(subnet.holds('10.201.4.4')).toBe(false);
    expect(subnet.holds('10.201.3.255')).toBe(false);
  });

  it('reaches to the end of the address space', () => {
    expect(Subnet.parse('255.255.255.0/24').address(255)).toBe('255.255.255.255');
    expect(Subnet.parse('0.0.0.0/0').contains(Subnet.parse('255.255.255.255/32'))).toBe(true);
  });
});

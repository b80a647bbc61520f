import fc from 'fast-check';
import { Subnet } from '#network';
import { halvesOf } from './halves.js';

describe('the halves of a subnet', () => {
  it.each([
    ['10.201.3.0/24', '10.201.3.2', '10.201.3.127', '10.201.3.128/25'],
    ['10.201.3.16/28', '10.201.3.18', '10.201.3.23', '10.201.3.24/29'],
    ['10.201.3.8/29', '10.201.3.10', '10.201.3.11', '10.201.3.12/30'],
    ['10.201.0.0/16', '10.201.0.2', '10.201.127.255', '10.201.128.0/17'],
  ])('of %s are %s to %s for CNI and %s for Docker', (subnet, first, last, docker) => {
    const halves = halvesOf(Subnet.parse(subnet));
    expect(halves.cni).toEqual({ first, last });
    expect(halves.docker.text).toBe(docker);
  });

  it('never share an address, leave the gateway out, and leave each runtime two at least', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.integer({ min: 8, max: 29 }), (address, length) => {
        const subnet = Subnet.at(address, length);
        const { gateway, cni, docker } = halvesOf(subnet);
        const [first, last] = [numberOf(cni.first), numberOf(cni.last)];
        expect(gateway).toBe(subnet.address(1));
        expect(first).toBe(subnet.base + 2);
        expect(last - first + 1).toBeGreaterThanOrEqual(2);
        expect(docker.base).toBe(last + 1);
        expect(docker.base + docker.size).toBe(subnet.base + subnet.size);
        expect(docker.size - 1).toBeGreaterThanOrEqual(3);
      }),
    );
  });

  it.each(['10.201.3.0/30', '10.201.3.0/31', '10.201.3.0/32'])('are not made of %s', (subnet) => {
    expect(() => halvesOf(Subnet.parse(subnet))).toThrow(/too small to hold containers/);
  });
});

function numberOf(address: string): number {
  return Subnet.parse(`${address}/32`).base;
}

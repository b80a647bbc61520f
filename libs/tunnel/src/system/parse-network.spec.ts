import { parseLinks, parsePath, parseRoutes } from './parse-network.js';

describe('the output of ip', () => {
  it('gives interfaces with their IPv4 addresses and their alias', () => {
    const output = JSON.stringify([
      {
        ifname: 'wg-control',
        mtu: 1420,
        ifalias: 'banyan-agent',
        addr_info: [
          { family: 'inet', local: '10.200.3.4', prefixlen: 32 },
          { family: 'inet6', local: 'fe80::1', prefixlen: 64 },
        ],
      },
      {},
      { ifname: 'lo', mtu: 65536, addr_info: [{}] },
    ]);
    expect(parseLinks(output)).toEqual([
      { name: 'wg-control', mtu: 1420, alias: 'banyan-agent', addresses: ['10.200.3.4'] },
      { name: 'lo', mtu: 65536, addresses: [] },
    ]);
  });

  it('gives routes with their interface, of a route with several the first, else what becomes of packets', () => {
    const output = JSON.stringify([
      { dst: 'default', gateway: '192.0.2.1', dev: 'eth0' },
      { dst: '10.1.2.3', dev: 'eth0', table: '52' },
      { dst: '10.4.0.0/16', nexthops: [{ dev: 'eth1' }, { dev: 'eth2' }] },
      { type: 'blackhole', dst: '10.5.0.0/16' },
    ]);
    expect(parseRoutes(output)).toEqual([
      { destination: '0.0.0.0/0', device: 'eth0' },
      { destination: '10.1.2.3/32', device: 'eth0' },
      { destination: '10.4.0.0/16', device: 'eth1' },
      { destination: '10.5.0.0/16', device: 'blackhole' },
    ]);
  });

  it('gives the path to an address, with its own MTU where it has one', () => {
    expect(parsePath('[{"dst":"9.9.9.9","dev":"eth0","cache":[]}]')).toEqual({ device: 'eth0' });
    expect(parsePath('[{"dst":"9.9.9.9","dev":"eth0","metrics":[{"mtu":1300}]}]')).toEqual({
      device: 'eth0',
      mtu: 1300,
    });
    expect(parsePath('')).toBeUndefined();
  });

  it.each([
    ['that is not JSON', '1: lo: <LOOPBACK>'],
    ['without what is needed', '[{"ifname":7}]'],
  ])('%s is an error that names the command', (_, output) => {
    expect(() => parseLinks(output)).toThrow('the output of `ip address show` cannot be understood');
  });
});

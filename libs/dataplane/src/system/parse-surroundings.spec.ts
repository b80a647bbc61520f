import { parseHostRoutes, parseLinks, parseRoutingRules } from './parse-surroundings.js';

describe('interfaces as `ip` prints them', () => {
  it('are told with what they are, whose they are, and their IPv4 addresses', () => {
    const output = JSON.stringify([
      {},
      {
        ifindex: 7,
        ifname: 'banyan0',
        flags: ['BROADCAST', 'UP'],
        mtu: 1420,
        link_type: 'ether',
        linkinfo: { info_kind: 'bridge' },
        addr_info: [
          { family: 'inet', local: '10.201.1.1', prefixlen: 24 },
          { family: 'inet6', local: 'fe80::1', prefixlen: 64 },
        ],
      },
      {
        ifindex: 9,
        ifname: 'veth9',
        flags: [],
        mtu: 1420,
        master: 'banyan0',
        link_type: 'ether',
        addr_info: [],
      },
    ]);
    expect(parseLinks(output)).toEqual([
      { index: 7, name: 'banyan0', kind: 'bridge', mtu: 1420, up: true, addresses: ['10.201.1.1/24'] },
      { index: 9, name: 'veth9', kind: 'ether', mtu: 1420, up: false, addresses: [], master: 'banyan0' },
    ]);
  });
});

describe('routes as `ip` prints them', () => {
  it('are told with where they lead and whether they are ours', () => {
    const output = JSON.stringify([
      { dst: 'default', gateway: '192.0.2.1', dev: 'eth0', flags: [] },
      { type: 'blackhole', dst: '10.201.0.0/16', protocol: '201', metric: 4294967295, flags: [] },
      { dst: '10.9.0.7', dev: 'eth1', protocol: 'static', flags: ['linkdown'] },
      {
        dst: '10.8.0.0/16',
        nexthops: [
          { dev: 'eth0', flags: [] },
          { dev: 'eth1', flags: ['linkdown'] },
        ],
      },
    ]);
    const unicast = { type: 'unicast', ours: false, metric: 0, linkDown: false };
    expect(parseHostRoutes(output)).toEqual([
      { ...unicast, destination: '0.0.0.0/0', device: 'eth0' },
      { ...unicast, destination: '10.201.0.0/16', type: 'blackhole', ours: true, metric: 4294967295 },
      { ...unicast, destination: '10.9.0.7/32', device: 'eth1', linkDown: true },
      { ...unicast, destination: '10.8.0.0/16', device: 'eth0' },
    ]);
  });
});

it.each(['not JSON', '[{"ifname":"eth0"}]'])('refuses interfaces that read %j', (output) => {
  expect(() => parseLinks(output)).toThrow('cannot be understood');
});

it.each(['not JSON', '[{"dst":7}]'])('refuses routes that read %j', (output) => {
  expect(() => parseHostRoutes(output)).toThrow('cannot be understood');
});

describe('routing rules as `ip` prints them', () => {
  /** As iproute2 6.1 does. */
  const ours = { src: 'all', dst: '10.201.0.0', dstlen: 16, protocol: '201' };

  it('are told when they are ours, as `ip` takes them again', () => {
    const output = JSON.stringify([
      { priority: 0, src: 'all', table: 'local' },
      { priority: 202, ...ours, iif: 'banyan0', iif_detached: null, table: 'main' },
      { priority: 204, ...ours, fwmark: '0x1000', fwmask: '0x1000', table: 'main' },
      { priority: 205, ...ours, action: 'blackhole' },
      { priority: 32_766, src: 'all', table: 'main' },
    ]);
    expect(parseRoutingRules(output).map(({ text }) => text)).toEqual([
      'pref 202 iif banyan0 to 10.201.0.0/16 lookup main protocol 201',
      'pref 204 fwmark 0x1000/0x1000 to 10.201.0.0/16 lookup main protocol 201',
      'pref 205 to 10.201.0.0/16 blackhole protocol 201',
    ]);
  });

  it.each([{ iif: 'a b' }, { fwmark: '1; x' }, { dst: 'anywhere' }, { priority: 'x' }])(
    'are refused with %j in them',
    (strange) => {
      expect(() => parseRoutingRules(JSON.stringify([{ priority: 205, ...ours, ...strange }]))).toThrow();
    },
  );
});

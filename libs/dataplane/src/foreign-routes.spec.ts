import { clashingRoutes, hostDestinations, routeClash } from './foreign-routes.js';
import type { HostRoute } from './host-network.js';
import { sampleNetwork, samplePeer, VPC } from './testing/sample.js';

function route(destination: string, changes: Partial<HostRoute> = {}): HostRoute {
  return {
    destination,
    device: 'eth0',
    type: 'unicast',
    ours: false,
    metric: 0,
    linkDown: false,
    ...changes,
  };
}

const blackhole = (destination: string, ours: boolean): HostRoute => {
  const { device: _, ...rest } = route(destination, { type: 'blackhole', ours });
  return rest;
};

describe('the routes that a host has by itself', () => {
  it('are those to somewhere, without ours, the default one, and those that lead nowhere', () => {
    const routes = [
      route('0.0.0.0/0'),
      route('192.0.2.0/24'),
      route('192.0.2.0/24', { metric: 100 }),
      route('10.201.2.0/24', { device: 'banyan-wg', ours: true }),
      route('10.201.1.0/24', { device: 'banyan0' }),
      route('10.200.0.1/32', { device: 'wg-control', ours: true }),
      route('172.17.0.0/16', { device: 'docker0', linkDown: true }),
      blackhole('10.201.0.0/16', true),
      blackhole('172.16.0.0/12', false),
      route('10.0.0.0/8'),
    ];
    expect(hostDestinations(routes)).toEqual(['192.0.2.0/24', '10.0.0.0/8']);
  });
});

describe('a route of the host', () => {
  const network = sampleNetwork([samplePeer(2), samplePeer(3)]);

  it.each(['10.201.2.0/24', '10.201.2.128/25', '10.201.2.7/32'])('to %s clashes with 10.201.2.0/24', (to) => {
    expect([...clashingRoutes(network, [route(to)]).keys()]).toEqual([VPC.part(2, 24)]);
  });

  it.each(['10.0.0.0/8', '10.201.0.0/16', '10.201.9.0/24', '0.0.0.0/0'])('to %s clashes with none', (to) => {
    expect(clashingRoutes(network, [route(to)]).size).toBe(0);
  });

  it('clashes with the own subnet too, unless it is one of our interfaces', () => {
    expect(clashingRoutes(network, [route('10.201.1.0/24')]).size).toBe(1);
    expect(clashingRoutes(network, [route('10.201.1.0/24', { device: 'banyan0' })]).size).toBe(0);
  });

  it('is named with whose subnet it is in', () => {
    const error = routeClash(VPC.part(2, 24), blackhole('10.201.2.0/24', false), 'worker-2');
    expect(error.message).toBe(
      'this host routes 10.201.2.0/24 to blackhole, in the subnet 10.201.2.0/24 of worker-2',
    );
  });
});

import type { HostRoute } from './host-network.js';
import { planBarrier, planNoBarrier } from './plan-barrier.js';
import { VPC } from './testing/sample.js';

const ours: HostRoute = {
  destination: '10.201.0.0/16',
  type: 'blackhole',
  ours: true,
  metric: 4_294_967_295,
  linkDown: false,
};

describe('the barrier', () => {
  it('is a route that loses to every other one to the network', () => {
    expect(planBarrier(VPC, []).map(({ line }) => line)).toEqual([
      'route add blackhole 10.201.0.0/16 proto 201 metric 4294967295',
    ]);
    expect(planBarrier(VPC, [ours])).toEqual([]);
  });

  it('of another network, or with another metric, goes after that of this one has come', () => {
    const others = [
      { ...ours, destination: '10.77.0.0/16' },
      { ...ours, metric: 5 },
    ];
    expect(planBarrier(VPC, others).map(({ line }) => line)).toEqual([
      'route add blackhole 10.201.0.0/16 proto 201 metric 4294967295',
      'route delete blackhole 10.77.0.0/16 proto 201 metric 4294967295',
      'route delete blackhole 10.201.0.0/16 proto 201 metric 5',
    ]);
  });

  it('is removed without touching those of others', () => {
    const foreign = { ...ours, ours: false, destination: '172.16.0.0/12' };
    const routed: HostRoute = { ...ours, type: 'unicast', device: 'banyan-wg' };
    expect(planNoBarrier([ours, foreign, routed]).map(({ line }) => line)).toEqual([
      'route delete blackhole 10.201.0.0/16 proto 201 metric 4294967295',
    ]);
  });
});

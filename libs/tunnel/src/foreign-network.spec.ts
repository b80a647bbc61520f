import type { Link, NetworkRoute } from './host-network.js';
import { refuseEndpointInTunnel, refuseForeignNetwork } from './foreign-network.js';

const eth0 = (...addresses: string[]): Link => ({ name: 'eth0', mtu: 1500, addresses });
const by = (destination: string, device = 'eth0'): NetworkRoute => ({ destination, device });
const look = (links: Link[], routes: NetworkRoute[]) => () => refuseForeignNetwork({ links, routes });

describe('a host for the control tunnel', () => {
  it('may have a default route, wider routes, neighbouring networks and the tunnel itself', () => {
    const links = [eth0('10.199.0.1', '192.0.2.1'), { ...eth0('10.200.0.1'), name: 'wg-control' }];
    const routes = [
      by('0.0.0.0/0'),
      by('10.0.0.0/8'),
      by('10.200.0.0/15'),
      by('10.201.0.0/16'),
      by('10.199.255.0/24'),
      by('10.200.0.0/16', 'wg-control'),
      by('10.200.3.4/32', 'wg-control'),
    ];
    expect(look(links, routes)).not.toThrow();
  });

  it('must not have an address of its network, whatever the prefix', () => {
    expect(look([eth0('192.0.2.1', '10.200.7.9')], [])).toThrow(
      expect.objectContaining({
        kind: 'conflict',
        message:
          'the address 10.200.7.9 on eth0 is in 10.200.0.0/16, which the control tunnel needs for itself',
        remedy: expect.stringContaining('ip address show dev eth0') as string,
      }) as Error,
    );
  });

  it.each(['10.200.0.0/16', '10.200.128.0/17', '10.200.3.0/24', '10.200.255.255/32'])(
    'must not have a route to %s',
    (destination) => {
      expect(look([], [by('0.0.0.0/0'), by(destination, 'tun5')])).toThrow(
        expect.objectContaining({
          kind: 'conflict',
          message: expect.stringContaining(`the route to ${destination} by tun5`) as string,
        }) as Error,
      );
    },
  );
});

describe('the address of an engine', () => {
  it('is not one of the tunnel', () => {
    expect(() => refuseEndpointInTunnel('10.200.3.3')).toThrow("the tunnel's own network");
  });

  it.each(['192.0.2.1', '10.201.0.1', '2001:db8::1'])('may be %s', (address) => {
    expect(() => refuseEndpointInTunnel(address)).not.toThrow();
  });
});

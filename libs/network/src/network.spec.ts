import { generateKey } from '#crypto/generate';
import { checkNetwork, Subnet, type Network, type NetworkPeer } from './index.js';

function peer(name: string, subnet: string): NetworkPeer {
  return {
    name,
    publicKey: generateKey().publicKey,
    subnet: Subnet.parse(subnet),
    atEngine: false,
    port: 51820,
    endpointRevision: 1,
  };
}

function network(own: string, ...peers: NetworkPeer[]): Network {
  return {
    storeId: 's',
    revision: 1,
    vpcCidr: Subnet.parse('10.201.0.0/16'),
    subnet: Subnet.parse(own),
    peers,
  };
}

function within(vpcCidr: string): Network {
  return { ...network('10.201.0.0/24'), vpcCidr: Subnet.parse(vpcCidr) };
}

describe('checkNetwork', () => {
  it('takes subnets side by side', () => {
    const good = network('10.201.0.0/24', peer('b', '10.201.1.0/24'), peer('c', '10.201.2.0/25'));
    const elsewhere = ['192.0.2.0/24', '10.0.0.0/8', '0.0.0.0/1'].map((text) => Subnet.parse(text));
    expect(() => checkNetwork(good, elsewhere)).not.toThrow();
  });

  it.each<[string, Network, string[], string]>([
    [
      'a peer without room for a gateway',
      network('10.201.0.0/24', peer('b', '10.201.1.0/32')),
      [],
      '10.201.1.0/32 of b is too small',
    ],
    ['an own one without room', network('10.201.0.0/30'), [], '10.201.0.0/30 of this agent is too small'],
    ['outside vpc_cidr', network('10.201.0.0/24', peer('b', '10.202.0.0/24')), [], 'of b is outside'],
    [
      'a peer that takes this agent’s own',
      network('10.201.0.0/24', peer('b', '10.201.0.0/24')),
      [],
      'overlap',
    ],
    [
      'a peer that swallows another',
      network('10.201.9.0/24', peer('b', '10.201.0.0/22'), peer('c', '10.201.2.0/24')),
      [],
      'overlap',
    ],
    [
      'a route of the host',
      network('10.201.0.0/24', peer('b', '10.201.1.0/24')),
      ['10.201.1.128/25'],
      'this host routes itself',
    ],
    [
      'a network with a route of the host in it, that no agent has',
      network('10.201.0.0/24'),
      ['10.201.77.0/24'],
      'vpc_cidr 10.201.0.0/16 covers 10.201.77.0/24',
    ],
    ['the whole address space as a subnet', network('0.0.0.0/0'), [], 'outside'],
    ['the whole address space', within('0.0.0.0/0'), [], 'no private network'],
    ['the control network', within('10.200.0.0/15'), [], 'overlaps 10.200.0.0/16'],
  ])('refuses %s', (_, given, routes, why) => {
    expect(() =>
      checkNetwork(
        given,
        routes.map((route) => Subnet.parse(route)),
      ),
    ).toThrow(why);
  });
});

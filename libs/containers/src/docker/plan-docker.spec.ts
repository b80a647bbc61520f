import { Subnet } from '#network';
import type { DockerNetwork, DockerState } from './docker-state.js';
import { specificationOf } from './network-specification.js';
import { planDocker, planDockerRemoval } from './plan-docker.js';

const desired = { subnet: Subnet.parse('10.201.3.0/24'), mtu: 1420 };
const ours: DockerNetwork = { id: 'a'.repeat(64), ...specificationOf(desired, 20) };

function docker(networks: readonly DockerNetwork[], changes: Partial<DockerState> = {}): DockerState {
  return { major: 20, networks, attached: [], ...changes };
}

function foreign(changes: Partial<DockerNetwork>): DockerNetwork {
  return {
    id: 'b'.repeat(64),
    name: 'mine',
    driver: 'bridge',
    labels: {},
    options: {},
    pools: [],
    ...changes,
  };
}

describe('the Docker network', () => {
  it('is created where there is none, on the bridge, unmasqueraded, with addresses of the upper half', () => {
    const { create, changes } = planDocker(desired, docker([foreign({})]));
    expect(changes).toEqual([{ what: 'create the Docker network banyan', why: 'there is none' }]);
    expect(create).toMatchObject({
      name: 'banyan',
      driver: 'bridge',
      options: {
        'com.docker.network.bridge.name': 'banyan0',
        'com.docker.network.bridge.enable_ip_masquerade': 'false',
        'com.docker.network.driver.mtu': '1420',
      },
    });
    expect(create!.pools).toEqual([
      { subnet: desired.subnet, range: Subnet.parse('10.201.3.128/25'), gateway: '10.201.3.1' },
    ]);
  });

  it.each([
    [undefined, false],
    [20, false],
    [27, false],
    [28, true],
    [29, true],
  ])('trusts the interface to other hosts where Docker is %s: %s', (major, trusts) => {
    const { options } = specificationOf(desired, major);
    expect('com.docker.network.bridge.trusted_host_interfaces' in options).toBe(trusts);
  });

  it('is left alone when it is as it should be, with or without containers and options of later Dockers', () => {
    const options = { ...ours.options, 'com.docker.network.enable_ipv4': 'true' };
    for (const attached of [[], ['web']]) {
      expect(planDocker(desired, docker([{ ...ours, options }], { attached }))).toEqual({ changes: [] });
    }
  });

  it.each([
    ['its subnet is 10.201.4.0/24, not 10.201.3.0/24', { subnet: Subnet.parse('10.201.4.0/24') }, 20],
    ['its option com.docker.network.driver.mtu is not 1420', { mtu: 1380 }, 20],
    ['its option com.docker.network.bridge.trusted_host_interfaces is not banyan-wg', {}, 29],
  ])('is made anew, if nobody is on it, when %s', (why, was, major) => {
    const before = { ...ours, ...specificationOf({ ...desired, ...was }, 20) };
    expect(planDocker(desired, docker([before], { major }))).toEqual({
      remove: ours.id,
      create: specificationOf(desired, major),
      changes: [{ what: 'create the Docker network banyan anew', why }],
    });
    expect(() => planDocker(desired, docker([before], { major, attached: ['web', 'db'] }))).toThrow(
      `the Docker network banyan has to be made anew, for ${why}, and containers belong to it: web, db`,
    );
  });

  it.each<[string, Partial<DockerNetwork>]>([
    ['Docker has a network banyan that this agent did not make', { name: 'banyan' }],
    [
      'the Docker network "mine" has 10.201.0.0/16, which overlaps the subnet of this agent, 10.201.3.0/24',
      { pools: [{ subnet: Subnet.parse('10.201.0.0/16') }] },
    ],
    [
      'the Docker network "mine" has the bridge banyan0',
      { options: { 'com.docker.network.bridge.name': 'banyan0' } },
    ],
  ])('is not made when %s', (message, other) => {
    expect(() => planDocker(desired, docker([foreign(other)]))).toThrow(message);
    expect(planDockerRemoval(docker([foreign(other)]))).toEqual({ changes: [] });
  });

  it('is removed where it is ours and nobody is on it', () => {
    expect(planDockerRemoval(docker([ours, foreign({})]))).toMatchObject({ remove: ours.id });
    expect(() => planDockerRemoval(docker([ours], { attached: ['web'] }))).toThrow(
      'the Docker network banyan cannot be removed, and containers belong to it: web',
    );
    expect(planDockerRemoval(docker([]))).toEqual({ changes: [] });
  });
});

import { Subnet, type Network, type NetworkPeer } from '#network';
import { sampleKey, samplePublicKey } from '../../../wireguard/src/testing/sample-device.js';
import type { DesiredDataPlane } from '../data-plane.js';

export const VPC = Subnet.parse('10.201.0.0/16');

/** The agent with 10.201.NUMBER.0/24. */
export function samplePeer(number: number, changes: Partial<NetworkPeer> = {}): NetworkPeer {
  return {
    name: `worker-${number}`,
    publicKey: samplePublicKey(number),
    subnet: VPC.part(number, 24),
    host: `192.0.2.${number}`,
    atEngine: false,
    port: 51_820,
    endpointRevision: 1,
    ...changes,
  };
}

export function sampleNetwork(peers: readonly NetworkPeer[] = [samplePeer(2)]): Network {
  return { storeId: 'store', revision: 1, vpcCidr: VPC, subnet: VPC.part(1, 24), peers };
}

/** What an agent with 10.201.1.0/24 is to make of its host. */
export function sampleDesired(changes: Partial<DesiredDataPlane> = {}): DesiredDataPlane {
  return {
    network: sampleNetwork(),
    privateKey: sampleKey(1),
    listenPort: 51_820,
    mtu: 1420,
    hostAccess: false,
    ...changes,
  };
}

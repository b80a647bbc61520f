import { generateKey } from '#crypto/generate';
import { Subnet, type Network } from '#network';
import type { NetworkPeer, NetworkSnapshot } from '#protocol';
import { describedBy, type Described } from '../network/described.js';

export const OWN = generateKey().publicKey.text;
const keys = Array.from({ length: 8 }, () => generateKey().publicKey.text);

/** worker-NUMBER, as the engine sends it. */
export function sent(number: number, changes: Partial<NetworkPeer> = {}): NetworkPeer {
  return {
    name: `worker-${number}`,
    publicKey: keys[number]!,
    subnet: `10.201.${number}.0/24`,
    host: `192.0.2.${number}`,
    atEngine: false,
    port: 51_820,
    endpointRevision: 1,
    ...changes,
  };
}

export function snapshot(peers: NetworkPeer[], changes: Partial<NetworkSnapshot> = {}): NetworkSnapshot {
  return {
    storeId: 'store-1',
    revision: 10,
    vpcCidr: '10.201.0.0/16',
    subnet: '10.201.0.0/24',
    peers,
    adopted: false,
    ...changes,
  };
}

export function described(peers: NetworkPeer[], changes: Partial<NetworkSnapshot> = {}): Described {
  return describedBy(snapshot(peers, changes), OWN);
}

/** The network of a description, as an agent has built it. */
export function built({ storeId, revision, vpcCidr, subnet, peers }: Described): Network {
  return {
    storeId,
    revision,
    vpcCidr,
    subnet: subnet ?? Subnet.parse('10.201.0.0/24'),
    peers: [...peers.values()],
  };
}

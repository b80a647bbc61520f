import { BanyanError } from '#errors';
import { Subnet, type NetworkPeer } from '#network';
import type { NetworkDelta, NetworkSnapshot } from '#protocol';
import { peerOf } from './peer-message.js';

/** The network as the engine describes it to this agent, whether or not it may be built. */
export interface Described {
  readonly storeId: string;
  readonly revision: number;
  readonly vpcCidr: Subnet;
  /** This agent's own; undefined while it has none. */
  readonly subnet: Subnet | undefined;
  /** The others, by public key. */
  readonly peers: ReadonlyMap<string, NetworkPeer>;
  /** Public keys that were taken away since the snapshot: revoked, or released. */
  readonly removed: ReadonlySet<string>;
  /** An operator confirmed that this store takes the place of another. */
  readonly adopted: boolean;
}

/** @param own public key, which is no peer. @throws BanyanError `invalid` for what cannot be read. */
export function describedBy(snapshot: NetworkSnapshot, own: string): Described {
  const { storeId, revision, vpcCidr, subnet, adopted } = snapshot;
  const others = snapshot.peers.filter(({ publicKey }) => publicKey !== own);
  return {
    storeId,
    revision,
    vpcCidr: Subnet.parse(vpcCidr, 'The vpc_cidr'),
    subnet: subnet === '' ? undefined : Subnet.parse(subnet, 'The subnet of this agent'),
    peers: new Map(others.map((peer) => [peer.publicKey, peerOf(peer)])),
    removed: new Set(),
    adopted,
  };
}

/**
 * @param own public key: an entry for it says what this agent's own subnet is now.
 * @throws BanyanError `invalid` for what cannot be read, or belongs to another revision: only a new snapshot
 *   helps.
 */
export function amendedBy(delta: NetworkDelta, before: Described, own: string): Described {
  if (delta.base !== before.revision) {
    throw new BanyanError(
      'invalid',
      `the engine sent a change of revision ${delta.base}, this agent has ${before.revision}`,
    );
  }
  const peers = new Map(before.peers);
  const removed = new Set(before.removed);
  let { subnet } = before;
  for (const key of delta.removed) {
    peers.delete(key);
    removed.add(key);
    if (key === own) subnet = undefined;
  }
  for (const message of delta.changed) {
    const peer = peerOf(message);
    if (message.publicKey === own) subnet = peer.subnet;
    else peers.set(message.publicKey, peer);
    removed.delete(message.publicKey);
  }
  return { ...before, revision: delta.revision, subnet, peers, removed, adopted: delta.adopted };
}

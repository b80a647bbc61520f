import { tunnelAddress, type PublicKey } from '#crypto';
import type { ActualDevice, Change, DesiredPeer } from '#wireguard';

/** Peers by the text of their key. */
export type Peers = ReadonlyMap<string, DesiredPeer>;

/** The peers an earlier run has left, to be kept while nobody has said yet who is admitted. */
export function adopted(device: ActualDevice | undefined): Peers {
  const peers = device?.peers ?? [];
  return new Map(peers.map(({ publicKey, allowedIps }) => [publicKey.text, { publicKey, allowedIps }]));
}

export interface Admission {
  readonly peers: Peers;
  /** Keys that are no peers, each with the reason. */
  readonly refused: readonly { readonly key: PublicKey; readonly reason: string }[];
}

/**
 * One peer for each admitted key. The whitelist admits one key for an address; would it fail to, WireGuard
 * would hand the address to the later peer without a word, so here neither gets it.
 *
 * @param before peers of an earlier admission, taken over as they are: an address is a hash, and there may be
 *   ten thousand.
 */
export function admission(own: PublicKey, keys: readonly PublicKey[], before: Peers = new Map()): Admission {
  const peers = new Map<string, DesiredPeer>();
  const refused: Admission['refused'][number][] = [];
  const holders = new Map<string, PublicKey>();
  for (const [text, key] of new Map(keys.map((each) => [each.text, each]))) {
    if (key.equals(own)) {
      refused.push({ key, reason: "it is this engine's own" });
      continue;
    }
    const peer = before.get(text) ?? { publicKey: key, allowedIps: [`${tunnelAddress(key)}/32`] };
    const [address = ''] = peer.allowedIps;
    const holder = holders.get(address);
    if (holder) {
      const reason = `another key has its address ${address} as well`;
      if (peers.delete(holder.text)) refused.push({ key: holder, reason });
      refused.push({ key, reason });
      continue;
    }
    holders.set(address, key);
    peers.set(text, peer);
  }
  return { peers, refused };
}

/** What takes a device from some peers to others, without a look at it: removals first, they are urgent. */
export function peerChanges(before: Peers, after: Peers): Change[] {
  const changes: Change[] = [];
  for (const [text, { publicKey }] of before) {
    if (!after.has(text))
      changes.push({ kind: 'remove-peer', publicKey, reason: 'it is not admitted any more' });
  }
  for (const [text, peer] of after) {
    if (!before.has(text)) changes.push({ kind: 'add-peer', peer, reason: 'it was admitted' });
  }
  return changes;
}

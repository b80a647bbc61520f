import type { PrivateKey, PublicKey } from '#crypto';
import type { NetworkPeer } from '#network';
import type { ActualDevice, ArmableChange, Change, DesiredPeer } from '#wireguard';
import type { DesiredDataPlane } from './data-plane.js';
import { KEEPALIVE } from './names.js';

/** Somebody's key is to become another, on all hosts at one moment. */
export interface KeyMove {
  readonly from: PublicKey;
  readonly to: PublicKey;
  /** The private half of `to`, where it is this host's own. */
  readonly own?: PrivateKey;
}

/** A host that is ready for a {@link KeyMove}, and begins no other pass. */
export interface HeldMove {
  /** Changes over, at once; asked for again, it is the same. */
  go(): Promise<void>;
  /** Passes may begin. Takes back the preparation when it did not come to {@link go}. */
  release(): void;
}

/** What a move is on one interface; nothing at all where there is nothing to move. */
export interface KeyMoveChanges {
  readonly prepare: readonly Change[];
  readonly go?: ArmableChange;
  readonly undo: readonly Change[];
}

const NOTHING: KeyMoveChanges = { prepare: [], undo: [] };

/**
 * A peer gets its next key beside the one it has: without allowed IPs, or it would take them, and without an endpoint,
 * so that only the owner can begin a handshake under it. Where both begin one at once, each takes the other's for the
 * newer, neither answer fits, and WireGuard tries again after five seconds (REKEY_TIMEOUT). The owner has nothing to
 * prepare: an interface has one key.
 */
export function planKeyMove(
  { from, to, own }: KeyMove,
  desired: DesiredDataPlane | undefined,
  device: ActualDevice | undefined,
): KeyMoveChanges {
  if (!desired || !device) return NOTHING;
  const reason = 'its owner rotates it';
  if (own) {
    const isOurs = device.publicKey?.equals(from) === true;
    return isOurs ? { ...NOTHING, go: { kind: 'set-key', reason } } : NOTHING;
  }
  const peer = desired.network.peers.find(({ publicKey }) => publicKey.equals(from));
  if (!peer || !device.peers.some(({ publicKey }) => publicKey.equals(from))) return NOTHING;
  return {
    prepare: [{ kind: 'add-peer', peer: { publicKey: to, allowedIps: [] }, reason }],
    go: { kind: 'update-peer', peer: movedPeer(peer, to), reason },
    undo: [{ kind: 'remove-peer', publicKey: to, reason: 'the rotation was called off' }],
  };
}

function movedPeer({ subnet }: NetworkPeer, to: PublicKey): DesiredPeer {
  return { publicKey: to, allowedIps: [subnet.text], persistentKeepalive: KEEPALIVE };
}

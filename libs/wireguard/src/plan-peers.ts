import type { ActualPeer, Change, DesiredPeer } from './device.js';

/** Peer changes, removals first. A peer that only differs is changed in place and keeps its session. */
export function planPeers(desired: readonly DesiredPeer[], actual: readonly ActualPeer[]): Change[] {
  const present = new Map(actual.map((peer) => [peer.publicKey.text, peer]));
  const changes = planPeerRemovals(desired, actual);
  for (const peer of desired) {
    const before = present.get(peer.publicKey.text);
    if (!before) {
      changes.push({ kind: 'add-peer', peer, reason: 'it is a new peer' });
      continue;
    }
    const reasons = differences(peer, before);
    if (reasons.length > 0) {
      changes.push({
        kind: 'update-peer',
        peer: withoutKnownEndpoint(peer, before),
        reason: reasons.join('; '),
      });
    }
  }
  return changes;
}

/** Peers of the interface that should be none, by their keys alone. */
export function planPeerRemovals(
  desired: readonly Pick<DesiredPeer, 'publicKey'>[],
  actual: readonly ActualPeer[],
): Change[] {
  const wanted = new Set(desired.map((peer) => peer.publicKey.text));
  return actual
    .filter(({ publicKey }) => !wanted.has(publicKey.text))
    .map(({ publicKey }) => ({ kind: 'remove-peer', publicKey, reason: 'it is not a peer any more' }));
}

function differences(peer: DesiredPeer, before: ActualPeer): string[] {
  const reasons: string[] = [];
  if (peer.endpoint !== undefined && peer.endpoint !== before.endpoint) {
    reasons.push(`its endpoint is ${before.endpoint ?? 'unknown'}, not ${peer.endpoint}`);
  }
  const gained = without(peer.allowedIps, before.allowedIps);
  const lost = without(before.allowedIps, peer.allowedIps);
  if (gained.length > 0) reasons.push(`it lacks the allowed IPs ${gained.join(', ')}`);
  if (lost.length > 0) reasons.push(`it should not have the allowed IPs ${lost.join(', ')}`);
  if (peer.persistentKeepalive !== before.persistentKeepalive) {
    reasons.push(
      `its keepalive is ${seconds(before.persistentKeepalive)}, not ${seconds(peer.persistentKeepalive)}`,
    );
  }
  return reasons;
}

/** An endpoint that is right already is left alone, also if the peer roams between plan and apply. */
function withoutKnownEndpoint(peer: DesiredPeer, before: ActualPeer): DesiredPeer {
  if (peer.endpoint === undefined || peer.endpoint !== before.endpoint) return peer;
  const { endpoint: _, ...rest } = peer;
  return rest;
}

function without(some: readonly string[], others: readonly string[]): string[] {
  const excluded = new Set(others);
  return some.filter((item) => !excluded.has(item));
}

function seconds(keepalive: number | undefined): string {
  return keepalive === undefined ? 'off' : `${keepalive} s`;
}

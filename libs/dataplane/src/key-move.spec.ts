import { generateKey } from '#crypto/generate';
import type { ActualDevice } from '#wireguard';
import { planKeyMove } from './key-move.js';
import { sampleDesired, sampleNetwork, samplePeer } from './testing/sample.js';

const peer = samplePeer(2);
const desired = sampleDesired({ network: sampleNetwork([peer]) });
const next = generateKey();
const device: ActualDevice = {
  name: 'banyan-wg',
  implementation: 'kernel',
  publicKey: desired.privateKey.publicKey,
  listenPort: 51_820,
  up: true,
  addresses: [],
  mtu: 1_420,
  peers: [{ publicKey: peer.publicKey, allowedIps: [peer.subnet.text], receivedBytes: 0, sentBytes: 0 }],
  routes: [],
};
const ofPeer = { from: peer.publicKey, to: next.publicKey };
const own = { from: desired.privateKey.publicKey, to: next.publicKey, own: next };

describe('a move to another key', () => {
  it("of a peer adds it without allowed IPs and without endpoint, then gives it the peer's", () => {
    const { prepare, go, undo } = planKeyMove(ofPeer, desired, device);
    expect(prepare).toEqual([
      {
        kind: 'add-peer',
        peer: { publicKey: next.publicKey, allowedIps: [] },
        reason: expect.any(String) as string,
      },
    ]);
    expect(go).toMatchObject({
      kind: 'update-peer',
      peer: { publicKey: next.publicKey, allowedIps: [peer.subnet.text], persistentKeepalive: 25 },
    });
    expect(undo).toMatchObject([{ kind: 'remove-peer', publicKey: next.publicKey }]);
  });

  it("of this host changes the interface's key and nothing before", () => {
    expect(planKeyMove(own, desired, device)).toMatchObject({
      prepare: [],
      go: { kind: 'set-key' },
      undo: [],
    });
  });

  it.each([
    ['a peer that is none', { ...ofPeer, from: generateKey().publicKey }, device],
    ['a peer that the interface lacks', ofPeer, { ...device, peers: [] }],
    ['an interface with another key', own, { ...device, publicKey: generateKey().publicKey }],
    ['no interface', ofPeer, undefined],
  ])('of %s is nothing', (_, move, actual) => {
    expect(planKeyMove(move, desired, actual)).toEqual({ prepare: [], undo: [] });
  });
});

import fc from 'fast-check';
import { tunnelAddress, type PublicKey } from '#crypto';
import { samplePublicKey } from '../../wireguard/src/testing/sample-device.js';
import { admission, adopted, peerChanges, type Peers } from './peers.js';

const own = samplePublicKey(0);
const some = fc.uniqueArray(fc.integer({ min: 1, max: 60 })).map((numbers) => numbers.map(samplePublicKey));
const peersOf = (keys: readonly PublicKey[]): Peers => admission(own, keys).peers;

/** Two keys of one address: found by looking, as anybody can. */
function collision(): [PublicKey, PublicKey] {
  const holders = new Map<string, PublicKey>();
  for (let number = 1; ; number += 1) {
    const key = samplePublicKey(number);
    const other = holders.get(tunnelAddress(key));
    if (other) return [other, key];
    holders.set(tunnelAddress(key), key);
  }
}

describe('an admission', () => {
  it('gives each key its own address and nothing else', () => {
    const key = samplePublicKey(1);
    expect([...admission(own, [key]).peers.values()]).toEqual([
      { publicKey: key, allowedIps: [`${tunnelAddress(key)}/32`] },
    ]);
  });

  it('takes a key that is named twice once', () => {
    const key = samplePublicKey(1);
    expect(admission(own, [key, key])).toMatchObject({ peers: { size: 1 }, refused: [] });
  });

  it("leaves out the engine's own key", () => {
    const { peers, refused } = admission(own, [own]);
    expect(peers.size).toBe(0);
    expect(refused).toEqual([{ key: own, reason: "it is this engine's own" }]);
  });

  it('gives an address that two keys claim to neither, and the others theirs', () => {
    const [one, two] = collision();
    const third = samplePublicKey(4_000_000);
    const { peers, refused } = admission(own, [one, third, two, one]);
    expect([...peers.keys()]).toEqual([third.text]);
    expect(refused).toMatchObject([{ key: one }, { key: two }]);
  });

  it('is the same whether or not it goes on from an earlier one', () => {
    fc.assert(
      fc.property(some, some, (before, after) => {
        expect(admission(own, after, peersOf(before))).toEqual(admission(own, after));
      }),
    );
  });
});

describe('the changes between two admissions', () => {
  it('lead from one to the other, removals first', () => {
    fc.assert(
      fc.property(some, some, (before, after) => {
        const present = new Set(before.map(String));
        const kinds = peerChanges(peersOf(before), peersOf(after)).map((change) => {
          if (change.kind === 'remove-peer') expect(present.delete(change.publicKey.text)).toBe(true);
          if (change.kind === 'add-peer') {
            expect(present.has(change.peer.publicKey.text)).toBe(false);
            present.add(change.peer.publicKey.text);
          }
          return change.kind;
        });
        expect(present).toEqual(new Set(after.map(String)));
        expect(kinds).toEqual([...kinds].sort().reverse());
      }),
    );
  });
});

describe('what an earlier run has left', () => {
  it('is kept without the endpoints, which are not ours to set', () => {
    const publicKey = samplePublicKey(1);
    const peer = {
      publicKey,
      allowedIps: ['10.200.1.1/32'],
      endpoint: '192.0.2.1:1',
      receivedBytes: 1,
      sentBytes: 1,
    };
    const device = { name: 'wg-control', implementation: 'kernel' as const, listenPort: 1, up: true };
    expect(adopted({ ...device, addresses: [], mtu: 1420, routes: [], peers: [peer] })).toEqual(
      new Map([[publicKey.text, { publicKey, allowedIps: ['10.200.1.1/32'] }]]),
    );
    expect(adopted(undefined)).toEqual(new Map());
  });
});

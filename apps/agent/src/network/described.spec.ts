import fc from 'fast-check';
import type { NetworkDelta, NetworkPeer } from '#protocol';
import { described, OWN, sent } from '../testing/sample-network.js';
import { amendedBy } from './described.js';

function delta(changes: Partial<NetworkDelta>): NetworkDelta {
  return { base: 10, revision: 11, changed: [], removed: [], adopted: false, ...changes };
}

describe('the network as the engine describes it', () => {
  it('has every peer but this agent itself', () => {
    const whole = described([sent(1), sent(2), sent(0, { publicKey: OWN })]);
    expect([...whole.peers.values()].map(({ name }) => name)).toEqual(['worker-1', 'worker-2']);
    expect(whole.subnet?.text).toBe('10.201.0.0/24');
  });

  it('becomes what a change says, and remembers who was taken away', () => {
    const moved = sent(2, { host: '192.0.2.99', endpointRevision: 2 });
    const after = amendedBy(
      delta({ changed: [moved, sent(3)], removed: [sent(1).publicKey] }),
      described([sent(1), sent(2)]),
      OWN,
    );
    expect([...after.peers.values()]).toMatchObject([
      { name: 'worker-2', host: '192.0.2.99' },
      { name: 'worker-3' },
    ]);
    expect(after.removed).toEqual(new Set([sent(1).publicKey]));
    const again = amendedBy(delta({ base: 11, revision: 12, changed: [sent(1)] }), after, OWN);
    expect(again.removed.size).toBe(0);
  });

  it('cannot have a peer at an address with a zone, which is another one on every host', () => {
    for (const host of ['fe80::1%eth0', 'fe80::1%a-name-of-more-than-15-letters'])
      expect(() => described([sent(1, { host })])).toThrow('an address of worker-1 that is none');
  });

  it('tells this agent its own subnet, and that it has none any more', () => {
    const own = sent(0, { publicKey: OWN, subnet: '10.201.7.0/24' });
    const after = amendedBy(delta({ changed: [own] }), described([]), OWN);
    expect(after.subnet?.text).toBe('10.201.7.0/24');
    expect(after.peers.size).toBe(0);
    const none = amendedBy(delta({ base: 11, revision: 12, removed: [OWN] }), after, OWN);
    expect(none.subnet).toBeUndefined();
  });

  it('does not take a change of another revision', () => {
    expect(() => amendedBy(delta({ base: 9 }), described([sent(1)]), OWN)).toThrow('change of revision 9');
  });

  it.each<[string, Partial<NetworkPeer>]>([
    ['a name with a terminal’s escape in it', { name: 'a\x1b[2J' }],
    ['a key that is none', { publicKey: 'A'.repeat(43) + '=' }],
    ['a subnet with host bits', { subnet: '10.201.1.1/24' }],
    ['a host name', { host: 'example.com' }],
    ['a port beyond the last', { port: 65_536 }],
  ])('is refused with %s', (_, changes) => {
    expect(() => described([sent(1, changes)])).toThrow();
  });

  it('ends where a snapshot would, whatever the way of changes to it', () => {
    const step = fc.record({ worker: fc.integer({ min: 0, max: 7 }), gone: fc.boolean(), host: fc.nat(250) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let current = described([]);
        const expected = new Map<string, NetworkPeer>();
        for (const { worker, gone, host } of steps) {
          const peer = sent(worker, { host: `192.0.2.${host + 1}` });
          if (gone) expected.delete(peer.publicKey);
          else expected.set(peer.publicKey, peer);
          const change = gone ? { removed: [peer.publicKey] } : { changed: [peer] };
          const { revision } = current;
          current = amendedBy(delta({ base: revision, revision: revision + 1, ...change }), current, OWN);
        }
        expect(new Map(current.peers)).toEqual(new Map(described([...expected.values()]).peers));
      }),
    );
  });
});

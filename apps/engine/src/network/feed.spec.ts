import fc from 'fast-check';
import type { NetworkPeer } from '#protocol';
import { NetworkFeed } from './feed.js';

function peer(key: string, port = 51820): NetworkPeer {
  return {
    name: `name of ${key}`,
    publicKey: key,
    subnet: '',
    host: '',
    atEngine: false,
    port,
    endpointRevision: 0,
  };
}

/** A reader that was sent everything up to one revision and carries out what it is sent. */
class Reader {
  revision: number;
  readonly peers: Map<string, NetworkPeer>;

  constructor(feed: NetworkFeed) {
    this.revision = feed.revision;
    this.peers = new Map(feed.peers.map((one) => [one.publicKey, one]));
  }

  catchUp(feed: NetworkFeed): void {
    const { changed, removed } = feed.since(this.revision)!;
    for (const key of removed) this.peers.delete(key);
    for (const one of changed) this.peers.set(one.publicKey, one);
    this.revision = feed.revision;
  }
}

describe('the feed of a network', () => {
  it('tells of a key that is revoked whether or not it was a peer, unless it is one again', () => {
    const feed = new NetworkFeed(10);
    feed.publish([peer('a'), peer('b')]);
    expect(feed.publish([peer('b')], ['a', 'b', 'c'])).toBe(true);
    expect(feed.since(11)).toEqual({ changed: [], removed: ['a', 'c'] });
    expect(feed.revision).toBe(12);
  });

  it('brings a reader that looks now and then to where one that looks always is', () => {
    const networks = fc.array(
      fc
        .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))
        .chain((keys) =>
          fc.tuple(...keys.map((key) => fc.integer({ min: 1, max: 3 }).map((p) => peer(key, p)))),
        ),
    );
    fc.assert(
      fc.property(networks, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (all, looks) => {
        const feed = new NetworkFeed(7);
        const reader = new Reader(feed);
        for (const [index, peers] of all.entries()) {
          feed.publish(peers);
          if (looks[index % looks.length]) reader.catchUp(feed);
        }
        reader.catchUp(feed);
        expect([...reader.peers.values()].sort(byKey)).toEqual([...feed.peers].sort(byKey));
      }),
    );
  });

  it('counts one revision for all that was published at once, and none for nothing', () => {
    const feed = new NetworkFeed(100);
    expect(feed.publish([peer('a'), peer('b')])).toBe(true);
    expect(feed.revision).toBe(101);
    expect(feed.publish([peer('b'), peer('a')])).toBe(false);
    expect(feed.revision).toBe(101);
  });

  it('computes what many readers miss once', () => {
    const feed = new NetworkFeed(0);
    feed.publish([peer('a')]);
    expect(feed.since(0)).toBe(feed.since(0));
  });

  it('does not know what came after a revision it never had', () => {
    expect(new NetworkFeed(5).since(4)).toBeUndefined();
    expect(new NetworkFeed(5).since(6)).toBeUndefined();
  });

  it('remembers a thousand removals, and says so to whom it would need more', () => {
    const feed = new NetworkFeed(0);
    const many = Array.from({ length: 1_001 }, (_, n) => peer(`key ${n}`));
    feed.publish(many);
    feed.publish(many.slice(1));
    feed.publish([]);
    expect(feed.since(1)).toBeUndefined();
    expect(feed.since(2)?.removed).toHaveLength(1_000);
  });
});

function byKey(a: NetworkPeer, b: NetworkPeer): number {
  return a.publicKey < b.publicKey ? -1 : 1;
}

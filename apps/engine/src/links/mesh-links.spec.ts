import { Link } from '#protocol';
import { meshLinks, ranked, type MeshPeer, type Word } from './mesh-links.js';
import type { Rates } from './readings.js';

const peer = (name: string): MeshPeer => ({ name, publicKey: `key of ${name}` });
const [one, two, three] = [peer('one'), peer('two'), peer('three')];
const peers = [one, two, three];
const link = (to: MeshPeer, said: Partial<Link> = {}) =>
  Link.fromPartial({ publicKey: to.publicKey, ...said });

function words(said: Record<string, Link[]>, rates: Record<string, Rates> = {}) {
  return ({ name }: MeshPeer): Word | undefined =>
    said[name] && {
      links: new Map(said[name].map((each) => [each.publicKey, each])),
      rates: () => rates[name],
    };
}

describe('a link', () => {
  it('is one of two ends, by name', () => {
    const wordOf = words({ two: [link(one, { up: true })], one: [link(two, { up: true })] });
    expect(meshLinks(peers, wordOf)).toMatchObject([{ a: 'one', b: 'two', state: 'up' }]);
  });

  it.each([
    ['up by both', true, true, 'up'],
    ['up by one', true, false, 'one-sided'],
    ['up by none', false, false, 'down'],
    ['up by the one that speaks', true, undefined, 'up'],
    ['down by the one that speaks', false, undefined, 'down'],
  ])('that is %s', (_, atOne, atTwo, state) => {
    const wordOf = words({
      one: [link(two, { up: atOne })],
      two: atTwo === undefined ? [] : [link(one, { up: atTwo })],
    });
    expect(meshLinks(peers, wordOf)).toMatchObject([{ state }]);
  });

  it('has the newest handshake, a round trip by either end, and what each end sends', () => {
    const wordOf = words(
      {
        one: [link(two, { latestHandshakeMs: 5 })],
        two: [link(one, { latestHandshakeMs: 7, roundTripUs: 300 })],
      },
      { one: { sent: 10, received: 1 }, two: { sent: 20, received: 2 } },
    );
    expect(meshLinks(peers, wordOf)).toMatchObject([
      { latestHandshakeMs: 7, roundTripUs: 300, aToB: 10, bToA: 20 },
    ]);
  });

  it('has what the other end receives, where the one that sends says nothing', () => {
    const wordOf = words({ one: [link(two)] }, { one: { sent: 10, received: 1 } });
    expect(meshLinks(peers, wordOf)).toMatchObject([{ aToB: 10, bToA: 1 }]);
    expect(meshLinks(peers, words({ one: [link(two)] }))[0]).toMatchObject({ aToB: undefined });
  });

  it('is none to itself, to a stranger, or that nobody wants to know of', () => {
    const said = { one: [link(one), link(peer('stranger')), link(two), link(three)] };
    expect(meshLinks(peers, words(said))).toHaveLength(2);
    const ofThree = (...names: string[]): boolean => names.includes('three');
    expect(meshLinks(peers, words(said), ofThree)).toMatchObject([{ a: 'one', b: 'three' }]);
  });
});

describe('links in their order', () => {
  it('are those that are not up, the longest first, then the busiest', () => {
    const of = (a: string, state: string, latestHandshakeMs: number, aToB?: number) => ({
      ...{ a, b: 'z', state, latestHandshakeMs, roundTripUs: 0, aToB, bToA: undefined },
    });
    const { down, up } = ranked([
      of('quiet', 'up', 9),
      of('late', 'one-sided', 5),
      of('never', 'down', 0),
      of('busy', 'up', 1, 50),
      of('also quiet', 'up', 9),
    ]);
    expect(down.map(({ a }) => a)).toEqual(['never', 'late']);
    expect(up.map(({ a }) => a)).toEqual(['busy', 'also quiet', 'quiet']);
  });
});

import { countAll, countBySums, pairs, pairsOf } from './mesh-counts.js';

const links = (...states: string[]) =>
  states.map((state, n) => ({
    ...{ a: `a${n}`, b: 'z', state, latestHandshakeMs: 0, roundTripUs: 0, aToB: undefined, bToA: undefined },
  }));

describe('the links of a network', () => {
  it('are pairs of agents, of all or of some', () => {
    expect([0, 1, 2, 30].map(pairs)).toEqual([0, 0, 1, 435]);
    expect([pairsOf(1, 30), pairsOf(2, 30), pairsOf(30, 30)]).toEqual([29, 57, 435]);
  });

  it('are counted one by one where all are told of', () => {
    expect(countAll(links('up', 'down', 'one-sided'), 5)).toEqual({ wanted: 5, up: 1, down: 2 });
  });

  it.each([
    ['all are up', 3, [2, 2, 2], [], { wanted: 3, up: 3, down: 0 }],
    ['one is down, as both ends say', 3, [1, 1, 2], ['down'], { wanted: 3, up: 2, down: 1 }],
    ['one is down, as one end says', 3, [1, 2, 2], ['one-sided'], { wanted: 3, up: 2, down: 1 }],
    ['an agent is away, to which the others have links', 3, [2, 2], [], { wanted: 3, up: 3, down: 0 }],
    ['an agent is away, to which they have none', 3, [1, 1], ['down', 'down'], { wanted: 3, up: 1, down: 2 }],
    ['two are away: nobody knows of the link between them', 3, [2], [], { wanted: 3, up: 2, down: 0 }],
    ['more are down than were told of', 5, [2, 2, 2, 2, 4], ['down'], { wanted: 10, up: 6, down: 4 }],
    ['there is nobody', 0, [], [], { wanted: 0, up: 0, down: 0 }],
  ])('are counted by what each agent says of its own where %s', (_, agents, speaking, told, counts) => {
    expect(countBySums(agents, speaking, links(...told))).toEqual(counts);
  });
});

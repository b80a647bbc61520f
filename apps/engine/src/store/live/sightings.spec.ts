import { Sightings } from './sightings.js';

const at = (revision: number) => [{ key: 'a', value: 'v', revision }];

describe('what is seen of other engines', () => {
  let sightings: Sightings;
  beforeEach(() => (sightings = new Sightings(30, 20)));
  const states = (now: number) =>
    (['alive', 'uncertain', 'dead'] as const).filter((state) => sightings[state](now).size > 0);

  it('is uncertain at first, alive after a change, and dead when none comes any more', () => {
    sightings.look(at(1), 0);
    expect(states(0)).toEqual(['uncertain']);
    sightings.look(at(2), 10);
    expect(states(10)).toEqual(['alive']);
    for (const now of [20, 30, 40]) sightings.look(at(2), now);
    expect(states(40)).toEqual(['alive']);
    expect(states(41)).toEqual(['dead']);
  });

  it('is dead when it never changed', () => {
    for (const now of [0, 10, 20, 30]) sightings.look(at(1), now);
    expect(states(30)).toEqual(['uncertain']);
    expect(states(31)).toEqual(['dead']);
  });

  it('is alive at once when it comes while we look', () => {
    sightings.look([], 0);
    sightings.look(at(1), 1);
    expect(states(1)).toEqual(['alive']);
  });

  it('is not dead for a time in which nothing could be seen', () => {
    sightings.look(at(1), 0);
    sightings.look(at(1), 1_000);
    expect(states(1_030)).toEqual(['uncertain']);
  });

  it('is nothing once its entry is gone', () => {
    sightings.look(at(1), 0);
    sightings.look([], 1);
    expect(states(1)).toEqual([]);
  });
});

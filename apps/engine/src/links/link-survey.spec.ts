import { shareOf } from './link-survey.js';

describe('the links that each agent is asked for', () => {
  it.each([
    ['all, in a network of a few', 30, 0],
    ['all, in a network of a hundred', 100, 0],
    ['fewer, the larger it is', 200, 50],
    ['ten, in one of a thousand', 1_000, 10],
    ['some, however large it is', 60_000, 8],
    ['all, where there is nobody', 0, 0],
  ])('are %s', (_, agents, share) => {
    expect(shareOf(agents)).toBe(share);
  });
});

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

  it.each([
    ['all, of the one that is named', 1_000, 1, 0],
    ['all, of ten that are named', 1_000, 10, 0],
    ['fewer, when those that are named have more ends than all may be asked for', 1_000, 16, 625],
    ['fewer, of one that is named among very many', 60_000, 1, 10_000],
  ])('are %s', (_, agents, named, share) => {
    expect(shareOf(agents, named)).toBe(share);
  });
});

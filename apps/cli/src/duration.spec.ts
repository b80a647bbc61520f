import { parseDuration, shownDuration } from './duration.js';

describe('a duration', () => {
  it.each([
    ['90', 90_000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('given as %s is %d ms', (text, ms) => expect(parseDuration(text, 'wait')).toBe(ms));

  it.each(['', '0', '-1', '1d', '61m', '1.5m', 'five'])(
    'given as %j is wrong usage that names the flag',
    (text) => {
      expect(() => parseDuration(text, 'wait')).toThrow('--wait must be a duration');
    },
  );

  it.each([
    [-5, '0 s'],
    [3_400, '3 s'],
    [119_000, '119 s'],
    [180_000, '3 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('of %d ms is shown as %s', (ms, text) => expect(shownDuration(ms)).toBe(text));
});

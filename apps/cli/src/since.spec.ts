import { parseSince } from './since.js';

const NOW = Date.parse('2027-01-31T12:00:00Z');

describe('since when', () => {
  it.each([
    ['90s', '2027-01-31T11:58:30.000Z'],
    ['24h', '2027-01-30T12:00:00.000Z'],
    ['7d', '2027-01-24T12:00:00.000Z'],
    ['2027-01-30', '2027-01-30T00:00:00.000Z'],
    ['2027-01-30T10:30', '2027-01-30T10:30:00.000Z'],
    ['2027-01-30T10:30:05.25Z', '2027-01-30T10:30:05.250Z'],
  ])('%s is %s', (text, moment) => {
    expect(parseSince(text, NOW)).toBe(moment);
  });

  it.each(['', 'yesterday', '0h', '5w', '2027-13-01', '2027-1-1', '24', '2027-01-30T10:30+02:00'])(
    '"%s" is refused with examples',
    (text) => {
      expect(() => parseSince(text, NOW)).toThrow('--since must be a duration or a moment in UTC');
    },
  );
});

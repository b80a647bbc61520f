import { terminalText } from './terminal-text.js';

describe('text for a terminal', () => {
  it('is left alone when it is only text', () => {
    expect(terminalText('büro-1 「x」 …')).toBe('büro-1 「x」 …');
  });

  it.each([
    '\x1b',
    '\x07',
    '\n',
    '\r',
    '\t',
    '\x7f',
    '\x9b',
    '\u202e',
    '\u2066',
    '\u200f',
    '\u061c',
    '\u2028',
  ])('loses %j, which a terminal would obey', (character) =>
    expect(terminalText(`a${character}b`)).toBe('a\ufffdb'),
  );
});

import fc from 'fast-check';
import { escapedName, isClientName, parseClientName } from './client-name.js';

describe('client names', () => {
  test.each(['worker-1', 'a', '_x', 'Web.eu-west_1', '9', 'x'.repeat(63)])('%s is a name', (name) => {
    expect(parseClientName(name)).toBe(name);
  });

  test.each([
    '',
    '.',
    '..',
    '.hidden',
    '-rf',
    '../etc/passwd',
    'a/b',
    'a b',
    'wörker',
    'a\n',
    'a\0',
    '\x1b[2J',
    'x'.repeat(64),
  ])('%j is no name', (name) => {
    expect(() => parseClientName(name)).toThrow('is not a client name');
  });

  test('a name can be no path, no option, and nothing a terminal acts on', () => {
    const unit = fc.constantFrom(...'aZ9._-', '/', '\\', ' ', '\n', '\0', '\x1b', 'é');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 70 }), (text) => {
        const harmless = /^[a-zA-Z0-9._-]{1,63}$/.test(text) && !/^[.-]/.test(text);
        expect(isClientName(text)).toBe(harmless);
      }),
    );
  });

  test('whatever a name is, its printable form is one line of ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(escapedName(text)).toMatch(/^[\x20-\x7e]*$/);
        expect(escapedName(text).length).toBeLessThan(600);
      }),
    );
    expect(escapedName('a\x1b[2Jb\n')).toBe('a\\x1b[2Jb\\x0a');
  });
});

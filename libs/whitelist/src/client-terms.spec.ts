import fc from 'fast-check';
import { parseClientFile } from './client-file.js';
import {
  askedTerms,
  CLIENT_ROLES,
  coversRole,
  DEFAULT_TERMS,
  MOST_NOTE,
  termLines,
  type ClientTerms,
} from './client-terms.js';
import type { ExpiryDate } from './expiry-date.js';
import { newKey } from '../testing/keys.js';

const key = newKey();

function termsIn(text: string): ClientTerms | string {
  const content = parseClientFile(text, []);
  return 'reason' in content ? content.reason : content.terms;
}

const withKey = (...lines: string[]): string => [...lines, key.text, ''].join('\n');

describe('the terms of a client file', () => {
  test.each<[string, string, Partial<ClientTerms>]>([
    ['nothing', '', {}],
    ['a role', '# role: agent', { role: 'agent' }],
    ['a role in any spelling', '#Role :cli', { role: 'cli' }],
    ['a role with CR and space around', '  #  role:\tany  \r', { role: 'any' }],
    ['a role in quotes', '"# role: cli"', { role: 'cli' }],
    ['a role behind a byte order mark', '\ufeff# role: cli', { role: 'cli' }],
    ['a role behind a comment that ends in CR alone', '# of Ada\r# role: cli', { role: 'cli' }],
    ['a day', '# expires: 2028-02-29', { expires: '2028-02-29' as ExpiryDate }],
    ['a note', '# note: of  Ada: contract 12', { note: 'of Ada: contract 12' }],
    ['two notes, of which the first counts', '# note: one\n# note: two', { note: 'one' }],
    ['an empty note', '# note:', {}],
    ['other comments', '# roles: agent\n# the role: cli\n## role: cli\n# expired: no\n#', {}],
  ])('are read from %s', (_, lines, terms) => {
    expect(termsIn(withKey(lines))).toEqual({ ...DEFAULT_TERMS, ...terms });
  });

  test('are read also after the key', () => {
    expect(termsIn(`${key.text}\n# role: agent`)).toEqual({ role: 'agent' });
  });

  test.each([
    ['an unknown role', '# role: admin', 'Line 1 names no role'],
    ['no role', '# role:', 'Line 1 names no role'],
    ['two roles', '# role: agent, cli', 'Line 1 names no role'],
    ['a role and a remark', '# role: agent # until May', 'Line 1 names no role'],
    ['a role in capitals', '# role: CLI', 'Line 1 names no role'],
    ['a role twice', '# role: cli\n# role: cli', 'Line 2 is a second `# role:`'],
    ['a day that does not exist', '# expires: 2026-02-30', 'Line 1 names no day of the calendar'],
    ['a time', '# expires: 2027-01-31T12:00', 'Line 1 names no day of the calendar'],
    ['another order of day and month', '# expires: 31-01-2027', 'Line 1 names no day of the calendar'],
    ['no day', '#\n# expires:', 'Line 2 names no day of the calendar'],
    ['a day twice', '# expires: 2027-01-31\n\n# Expires: 2027-01-31', 'Line 3 is a second `# expires:`'],
  ])('that are %s make it invalid', (_, lines, reason) => {
    expect(termsIn(withKey(lines))).toBe(reason);
    expect(parseClientFile(withKey(lines), [])).toHaveProperty('remedy', expect.stringMatching(/\.$/));
  });

  const role = fc.constantFrom(...CLIENT_ROLES);
  const expires = fc
    .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10) as ExpiryDate);
  const note = fc
    .string({ unit: fc.constantFrom(...'aZ9 :#"\'é漢🙂\\'), minLength: 1, maxLength: MOST_NOTE })
    .map((text) => text.trim().replace(/ +/g, ' '))
    .filter((text) => text !== '');
  const asked = fc.record({ role, expires, note }, { requiredKeys: [] });

  test('come back from the file as they were asked for', () => {
    fc.assert(
      fc.property(asked, (wanted) => {
        const terms = askedTerms(wanted, DEFAULT_TERMS, 0);
        expect(terms).toEqual({ ...DEFAULT_TERMS, ...wanted });
        expect(termsIn(withKey(...termLines(terms)))).toEqual(terms);
      }),
    );
  });

  test('whatever is asked for in a note, the file has one key and these terms, or the note is refused', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', '\r', '\u2028', '\x1b]0;x\x07', `\n${newKey().text}`, '\n# role: any'),
    );
    fc.assert(
      fc.property(fc.array(hostile), (parts) => {
        let terms: ClientTerms;
        try {
          terms = askedTerms({ role: 'cli', note: parts.join('') }, DEFAULT_TERMS, 0);
        } catch (error) {
          expect(error).toMatchObject({ kind: 'invalid' });
          return;
        }
        expect(parseClientFile(withKey(...termLines(terms)), [])).toEqual({ publicKey: key, terms });
      }),
    );
  });

  test('have a note that is one short line without a character that a terminal obeys, whatever is in the file', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const terms = termsIn(withKey(`# role: cli\n# note: ${text.replace(/[\r\n]/g, '\x1b')}`));
        if (typeof terms === 'string') throw new Error(terms);
        const shown = terms.note ?? '';
        expect(shown).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u);
        expect(Array.from(shown).length).toBeLessThanOrEqual(MOST_NOTE);
        expect(terms.role).toBe('cli');
      }),
    );
  });

  test('no comments, however hostile, make a role wider than the file says, nor are they repeated in a refusal', () => {
    const comment = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(
          fc.constantFrom('role', 'ROLE', 'expires', 'note', 'xyzzy'),
          fc.constantFrom(':', ' :', '=', ''),
          fc.string(),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(comment, { maxLength: 4 }), fc.nat(4), (comments, at) => {
        const lines = comments.map((text) => `# ${text.replace(/[\r\n]/g, '')} plugh`);
        const terms = termsIn(withKey(...lines.slice(0, at), '# role: cli', ...lines.slice(at)));
        if (typeof terms === 'string') expect(terms).not.toContain('plugh');
        else expect(terms.role).toBe('cli');
      }),
    );
  });
});

test.each([
  ['agent', true, false],
  ['cli', false, true],
  ['any', true, true],
] as const)('the role %s covers an agent: %s, and an operator: %s', (role, agent, cli) => {
  expect([coversRole(role, 'agent'), coversRole(role, 'cli')]).toEqual([agent, cli]);
});

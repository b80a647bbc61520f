import fc from 'fast-check';
import { generateKey } from '#crypto/generate';
import { parseClientFile } from './client-file.js';

const key = generateKey().publicKey;
const other = generateKey().publicKey;
const engine = generateKey().publicKey;
const formerEngine = generateKey().publicKey;
const OWN = [engine, formerEngine];

function keyIn(text: string): string | undefined {
  const content = parseClientFile(text, OWN);
  return 'reason' in content ? undefined : content.publicKey.text;
}

function reasonFor(text: string): string {
  const content = parseClientFile(text, OWN);
  return 'reason' in content ? content.reason : 'none: it is good';
}

describe('a client file', () => {
  test.each([
    ['the key alone', key.text],
    ['a line', `${key.text}\n`],
    ['double quotes', `"${key.text}"\n`],
    ['single quotes', `'${key.text}'\n`],
    ['CRLF', `# worker\r\n\r\n${key.text}\r\n`],
    ['quotes and CRLF', `"${key.text}"\r\n`],
    ['space around', `  \t${key.text} \n\n`],
    ['comments and blank lines', `\n# role: agent\n  # note\n${key.text}\n`],
    ["the engine's key before it", `"${engine.text}"\n"${key.text}"\n`],
    ["a former engine's key after it", `${key.text}\n${formerEngine.text}\n`],
    ['the same key twice', `${key.text}\n"${key.text}"\n`],
  ])('with %s is good', (_, text) => {
    expect(keyIn(text)).toBe(key.text);
  });

  test.each([
    ['nothing', '', 'It holds no key'],
    ['only comments', '# one\n\n# two\n', 'It holds no key'],
    ["only the engine's key", engine.text, "It holds only the engine's own key"],
    ['two keys', `${key.text}\n${other.text}\n`, 'It holds 2 different keys'],
    [
      '31 bytes',
      Buffer.alloc(31, 7).toString('base64'),
      'Line 1 is not a WireGuard key: it decodes to 31 bytes',
    ],
    [
      '33 bytes',
      `#\n${Buffer.alloc(33, 7).toString('base64')}`,
      'Line 2 is not a WireGuard key: it decodes to 33 bytes',
    ],
    ['no base64', 'not a key!', 'it has characters that are not base64'],
    ['base64 that is not canonical', `${'A'.repeat(41)}QB=`, 'not in canonical form'],
    ['all zeros', Buffer.alloc(32).toString('base64'), 'low order'],
    ['half a quote', `"${key.text}`, 'not base64'],
    ['quotes that do not match', `"${key.text}'`, 'not base64'],
    ['a whole line of the config', `wg_public_key: "${key.text}"`, 'not base64'],
    ['binary', '\x7fELF\x02\x01\0\0\0', 'not base64'],
    ['a good key and rubbish', `${key.text}\nrubbish!\n`, 'Line 2'],
  ])('with %s is refused', (_, text, reason) => {
    expect(reasonFor(text)).toContain(reason);
  });

  test('a second public key for the same key pair is refused', () => {
    const alias = Uint8Array.from(key.bytes);
    alias[31]! |= 0x80;
    expect(reasonFor(Buffer.from(alias).toString('base64'))).toContain('no key pair has this public key');
    const unreduced = Buffer.alloc(32, 0xff);
    unreduced[31] = 0x7f;
    expect(reasonFor(unreduced.toString('base64'))).toContain('no key pair has this public key');
  });

  test('a refusal repeats nothing of the file, whatever is in it', () => {
    const word = fc.stringMatching(/^[a-z0-9+/!-]{12,60}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const refusal = JSON.stringify(parseClientFile(words.join('\n'), OWN));
        for (const secret of words) expect(refusal).not.toContain(secret);
      }),
    );
  });

  test('any text is either one key or a refusal', () => {
    const line = fc.oneof(
      fc.constantFrom(key.text, engine.text, `"${other.text}"`, '# c', '', '\r'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const content = parseClientFile(lines.join('\n'), OWN);
        if ('reason' in content) expect(content.remedy).not.toBe('');
        else expect(OWN.some((own) => own.equals(content.publicKey))).toBe(false);
      }),
    );
  });
});

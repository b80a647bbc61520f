import fc from 'fast-check';
import { newKey } from '../testing/keys.js';
import { parseClientFile } from './client-file.js';
import { replaceKey } from './replace-key.js';

const [from, to, engine] = [newKey(), newKey(), newKey()];
const comment = fc
  .string()
  // A term would be another thing to get right.
  .filter((text) => !/[\r\n:]/.test(text))
  .map((text) => `# ${text} ${from.text}`);
const around = fc.array(fc.oneof(comment, fc.constantFrom('', '  ', '\t', engine.text)));
const spelled = fc.constantFrom(from.text, `"${from.text}"`, `  '${from.text}' `, `${from.text}\r`);

describe('the key in a client file', () => {
  it('is replaced wherever it stands for itself, and every other line is as it was', () => {
    fc.assert(
      fc.property(around, fc.array(spelled, { minLength: 1 }), around, (before, keys, after) => {
        const lines = [...before, ...keys, ...after];
        const replaced = replaceKey(lines.join('\n'), from, to);
        expect(parseClientFile(replaced, [engine])).toMatchObject({ publicKey: to });
        const expected = [...before, ...keys.map((line) => line.replace(from.text, to.text)), ...after];
        expect(replaced).toBe(expected.join('\n'));
      }),
    );
  });
});

import fc from 'fast-check';
import { decodeBackup, encodeBackup, type Backup } from './backup.js';

const backup: Backup = {
  madeAt: '2026-01-02T03:04:05.000Z',
  madeBy: '0.1.0',
  storeBackend: 'embedded',
  entries: [
    { key: 'agents/a', value: '{"name":"ä\\n"}' },
    { key: 'network/store', value: '' },
  ],
};
/** With the right checksum, so that only what is checked besides it can refuse it. */
const resigned = (entries: unknown): string => encodeBackup({ ...backup, entries: entries as [] });

describe('the file of a backup', () => {
  it('is read as it was written, however it is laid out', () => {
    const text = encodeBackup(backup);
    expect(decodeBackup(text, '/b')).toEqual(backup);
    expect(decodeBackup(JSON.stringify(JSON.parse(text)), '/b')).toEqual(backup);
  });

  it('is never accepted with any one character of its values changed, or cut off', () => {
    const text = encodeBackup(backup);
    const at = fc.integer({ min: 0, max: text.trimEnd().length - 1 });
    fc.assert(
      fc.property(at, fc.constantFrom('x', '0', '"', ' '), (index, other) => {
        expect(() => decodeBackup(text.slice(0, index), '/b')).toThrow(/\/b/);
        const changed = text.slice(0, index) + other + text.slice(index + 1);
        const isLayout = /\s/.test(text[index]!) && /\s/.test(other);
        fc.pre(text[index] !== other && !isLayout);
        // The name of a field that is not ours is no change.
        let read: Backup | undefined;
        try {
          read = decodeBackup(changed, '/b');
        } catch {
          return;
        }
        expect(read).toEqual(backup);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['cut off', encodeBackup(backup).slice(0, -20), 'the backup /b is damaged'],
    ['with another value', encodeBackup(backup).replace('agents/a', 'agents/b'), 'the backup /b is damaged'],
    ['empty', '', '/b is no backup of Banyan'],
    ['of something else', '{"a":1}', '/b is no backup of Banyan'],
    ['no JSON', 'hello', '/b is no backup of Banyan'],
    ['a list', '[]', '/b is no backup of Banyan'],
    ['of a later format', encodeBackup(backup).replace('"version": 1', '"version": 2'), 'of another format'],
    ['with a key twice', resigned([backup.entries[0], backup.entries[0]]), 'is damaged'],
    ['with a key no store takes', resigned([{ key: 'a b', value: '' }]), 'is damaged'],
    ['with the trace of an engine', resigned([{ key: 'engine/live/x', value: '' }]), 'is damaged'],
    ['with a value that is too long', resigned([{ key: 'a', value: 'x'.repeat(2 ** 21) }]), 'is damaged'],
  ])('is refused when it is %s, without a word of it', (_, text, message) => {
    expect(() => decodeBackup(text, '/b')).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        message: expect.stringContaining(message) as string,
        remedy: expect.any(String) as string,
      }) as Error,
    );
  });
});

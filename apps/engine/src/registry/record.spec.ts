import fc from 'fast-check';
import { generateKey } from '#crypto/generate';
import { decodeRecord, encodeRecord, newId, type AgentRecord } from './record.js';

const key = generateKey().publicKey;
const record: AgentRecord = {
  id: 'ab',
  name: 'worker-1',
  publicKey: key,
  firstRegisteredMs: 1,
  lastRegisteredMs: 2,
  lastSeenMs: 3,
  protocolVersion: 1,
  version: '0.1.0',
  tags: ['gpu'],
};

describe("an agent's record", () => {
  it('is read as it was written', () => {
    const read = decodeRecord(encodeRecord(record));
    expect(read).toEqual({ ...record, publicKey: expect.anything() as unknown });
    expect(read!.publicKey.equals(key)).toBe(true);
  });

  it('is nothing when it is anything else, and reading never fails', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeRecord(text)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['a name that would reach a terminal', { name: 'a\u001b[2J' }],
    ['a key that is none', { publicKey: 'A'.repeat(43) + '=' }],
    ['a time that is none', { lastSeenMs: -1 }],
    ['tags that are none', { tags: [1] }],
  ])('is nothing with %s', (_, change) => {
    const fields = JSON.parse(encodeRecord(record)) as object;
    expect(decodeRecord(JSON.stringify({ ...fields, ...change }))).toBeUndefined();
  });

  it('has the same id for the same key, and another when that is taken', () => {
    const id = newId(key, () => false);
    expect(newId(key, () => false)).toBe(id);
    expect(newId(key, (other) => other === id)).toBe(`${id}-2`);
    expect(newId(generateKey().publicKey, () => false)).not.toBe(id);
  });
});

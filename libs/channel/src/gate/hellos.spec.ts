import { randomBytes } from 'node:crypto';
import { Hellos, LEAST_HELLO_BYTES } from './hellos.js';

const hello = (random = randomBytes(32), rest = randomBytes(200)): Buffer =>
  Buffer.concat([Buffer.of(0x16, 3, 1, 0, 238, 1, 0, 0, 234, 3, 3), random, rest]);

describe('a hello', () => {
  it('is new once, whatever follows its random', () => {
    const hellos = new Hellos();
    const random = randomBytes(32);
    expect(hellos.isNew(hello(random))).toBe(true);
    expect(hellos.isNew(hello())).toBe(true);
    expect(hellos.isNew(hello(random))).toBe(false);
    expect(hellos.isNew(hello(random, Buffer.alloc(0)))).toBe(false);
  });

  it('is told from another by every byte of its random', () => {
    const hellos = new Hellos();
    const random = randomBytes(32);
    hellos.isNew(hello(random));
    for (let at = 0; at < 32; at += 1) {
      const other = Buffer.from(random);
      other[at]! ^= 0x80;
      expect(hellos.isNew(hello(other))).toBe(true);
    }
    expect(hello(random, Buffer.alloc(0))).toHaveLength(LEAST_HELLO_BYTES);
  });

  it('is remembered until many others have come, and no more memory is used than for twice as many', () => {
    const hellos = new Hellos(100);
    const first = hello();
    hellos.isNew(first);
    for (let at = 0; at < 99; at += 1) hellos.isNew(hello());
    expect(hellos.isNew(first)).toBe(false);
    for (let at = 0; at < 1_000; at += 1) hellos.isNew(hello());
    expect(hellos.size).toBeLessThanOrEqual(200);
    expect(hellos.isNew(first)).toBe(true);
  });
});

import fc from 'fast-check';
import { beginningOf, type Beginning } from './beginning.js';

const HELLO = Buffer.concat([Buffer.of(0x16, 3, 1, 0, 20), Buffer.alloc(20, 7)]);
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

describe('beginningOf', () => {
  it.each<[string, Buffer, Beginning]>([
    ['a whole record', HELLO, 'hello'],
    ['a whole record and more', Buffer.concat([HELLO, HELLO]), 'hello'],
    ['a whole preface', PREFACE, 'preface'],
    ['a preface and more', Buffer.concat([PREFACE, HELLO]), 'preface'],
    ['another method of HTTP', Buffer.from('PUT / HTTP/1.1\r\nHost: engine\r\n'), 'neither'],
    ['HTTP/1', Buffer.from('G'), 'neither'],
    ['a record larger than TLS has', Buffer.of(0x16, 3, 1, 0x40, 1), 'neither'],
  ])('of %s', (_, bytes, expected) => {
    expect(beginningOf(bytes)).toBe(expected);
  });

  it('is not told before the last byte of a hello and of a preface', () => {
    for (const whole of [HELLO, PREFACE]) {
      for (let length = 0; length < whole.length; length += 1)
        expect(beginningOf(whole.subarray(0, length))).toBe('incomplete');
    }
  });

  it('is one thing for ever, whatever follows', () => {
    const first = fc.constantFrom(0x16, 0x50, 0);
    fc.assert(
      fc.property(
        first,
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }),
        (byte, some, more) => {
          const before = beginningOf(Buffer.from([byte, ...some]));
          if (before !== 'incomplete')
            expect(beginningOf(Buffer.from([byte, ...some, ...more]))).toBe(before);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { spokenBy, type Spoken } from './sniff.js';

const HELLO = Buffer.concat([Buffer.of(0x16, 3, 1, 0, 38), Buffer.alloc(38, 7)]);
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

describe('spokenBy', () => {
  it.each<[string, Buffer, Spoken]>([
    ['a whole record', HELLO, 'tls'],
    ['a whole record and more', Buffer.concat([HELLO, HELLO]), 'tls'],
    ['a whole preface', PREFACE, 'http2'],
    ['a preface and more', Buffer.concat([PREFACE, HELLO]), 'http2'],
    ['another method of HTTP', Buffer.from('PUT / HTTP/1.1\r\nHost: engine\r\n'), 'neither'],
    ['HTTP/1', Buffer.from('G'), 'neither'],
    ['a record larger than TLS has', Buffer.of(0x16, 3, 1, 0x40, 1), 'neither'],
    ['a record that ends before the random of a hello', Buffer.of(0x16, 3, 1, 0, 37), 'neither'],
  ])('of %s', (_, bytes, expected) => {
    expect(spokenBy(bytes)).toBe(expected);
  });

  it('is not told before the last byte of a hello and of a preface', () => {
    for (const whole of [HELLO, PREFACE]) {
      for (let length = 0; length < whole.length; length += 1)
        expect(spokenBy(whole.subarray(0, length))).toBe('incomplete');
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
          const before = spokenBy(Buffer.from([byte, ...some]));
          if (before !== 'incomplete') expect(spokenBy(Buffer.from([byte, ...some, ...more]))).toBe(before);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { decode, EMPTY, encode, type Image } from './image.js';

const image: Image = {
  revision: 7,
  entries: new Map([
    ['a', { key: 'a', value: 'line\nbreak', revision: 3 }],
    ['b', { key: 'b', value: '', revision: 7 }],
  ]),
};

describe("the embedded store's file", () => {
  it('is read as it was written', () => {
    expect(decode(encode(image), '/s')).toEqual(image);
    expect(decode(encode(EMPTY), '/s')).toEqual(EMPTY);
  });

  it('is never accepted with any one character changed, cut off or added', () => {
    const text = encode(image);
    const at = fc.integer({ min: 0, max: text.length - 1 });
    fc.assert(
      fc.property(at, fc.string({ minLength: 1, maxLength: 1 }), (index, other) => {
        fc.pre(text[index] !== other);
        const changed = text.slice(0, index) + other + text.slice(index + 1);
        for (const damaged of [changed, text.slice(0, index), text + other]) {
          expect(() => decode(damaged, '/s')).toThrow();
        }
      }),
    );
  });

  it.each([
    ['it is empty', ''],
    ['its first line is not one of a store', 'hello\n'],
    ['its checksum does not match its content', encode(image).replace('"a"', '"c"')],
  ])('says what is wrong and what to do: %s', (why, text) => {
    expect(() => decode(text, '/state/store')).toThrow(
      expect.objectContaining({
        kind: 'host',
        message: `the store /state/store is damaged: ${why}`,
        remedy: expect.stringContaining('mv /state/store /state/store.damaged') as string,
      }) as Error,
    );
  });

  it('of a later format asks for a later Banyan instead', () => {
    expect(() => decode(encode(image).replace('banyan-store 1', 'banyan-store 2'), '/s')).toThrow(
      /has format 2/,
    );
  });
});

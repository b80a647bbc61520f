import { parseDocument } from './document.js';

const parse = (text: string) => parseDocument(text, 'banyan.yaml');

describe('the document of a config', () => {
  it('may say the same thing twice by an alias', () => {
    expect(parse('agent: &a {mtu: 1280}\ncli: *a\n')).toEqual({ agent: { mtu: 1280 }, cli: { mtu: 1280 } });
  });

  it.each([
    ['contains itself', 'engine: &all\n  x: *all\n'],
    ['is long by aliases', ['a: &a0 [x,x,x,x,x,x,x,x,x]', ...rows(8)].join('\n')],
    ['is deep', `a: ${'['.repeat(40)}${']'.repeat(40)}`],
  ])('that %s is refused, at once', (_, text) => {
    expect(() => parse(text)).toThrow('is nested without end, or far too large');
  });

  function rows(count: number): string[] {
    return Array.from({ length: count }, (_, n) => `k${n}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
  }
});

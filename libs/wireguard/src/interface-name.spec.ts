import { parseInterfaceName } from './interface-name.js';

describe('the name of an interface', () => {
  it.each(['wg-control', 'banyan-wg', 'a', 'wg_0.1', 'abcdefghijklmno'])('may be %s', (name) => {
    expect(parseInterfaceName(name)).toBe(name);
  });

  it.each([
    '',
    'abcdefghijklmnop',
    'wg 0',
    'wg/0',
    '../wg',
    '.',
    '..',
    '-h',
    'wg\n',
    'wg%d',
    'all',
    'interfaces',
    'ä',
  ])('may not be %j', (name) => {
    expect(() => parseInterfaceName(name)).toThrow(expect.objectContaining({ kind: 'invalid' }) as Error);
  });
});

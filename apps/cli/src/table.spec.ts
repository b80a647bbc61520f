import { facts, table } from './table.js';

describe('a table', () => {
  it('has plain columns for grep and awk: no borders, no colour, no trailing blanks', () => {
    expect(
      table(
        ['NAME', 'STATE'],
        [
          ['worker-1', 'online'],
          ['a', ''],
        ],
      ),
    ).toBe('NAME      STATE\nworker-1  online\na');
  });

  it('shows what comes from outside without letting it act', () => {
    expect(table(['NAME'], [['a\x1b[31mb\nc']])).toBe('NAME\na\ufffd[31mb\ufffdc');
    expect(facts([['name', 'a\x07b']])).toBe('name: a\ufffdb');
  });

  it('puts the values of facts under one another', () => {
    expect(
      facts([
        ['a', '1'],
        ['long label', '2'],
      ]),
    ).toBe('a:          1\nlong label: 2');
  });
});

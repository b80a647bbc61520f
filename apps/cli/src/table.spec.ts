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

  it('is a block for each row where the terminal is too narrow for columns', () => {
    const rows = [
      ['worker-1', 'online', ''],
      ['b', 'offline', 'why'],
    ];
    const head = ['NAME', 'STATE', 'REASON'];
    expect(table(head, rows, 20)).toBe(
      'name:  worker-1\nstate: online\n\nname:   b\nstate:  offline\nreason: why',
    );
    expect(table(head, rows, 80)).toMatch(/^NAME +STATE +REASON$/m);
  });

  it('leaves out columns without a value before it becomes blocks', () => {
    const rows = [
      ['worker-1', '', 'online'],
      ['b', '', 'offline'],
    ];
    const head = ['NAME', 'NOTE', 'STATE'];
    expect(table(head, rows, 20)).toBe('NAME      STATE\nworker-1  online\nb         offline');
    expect(table(head, rows)).toMatch(/^NAME +NOTE +STATE$/m);
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

import type { Field } from './manual-page.js';

/**
 * The fields of `banyan.yaml` from the table in README.md, which a test of the documents holds against the
 * checked shapes.
 *
 * @throws Error when the table is not there.
 */
export function configFields(readme: string): Field[] {
  const [, table] = /^\| Field +\|.*\n\|[ -|]*\n((?:\|.*\n)+)/m.exec(readme) ?? [];
  if (table === undefined) throw new Error('there is no table of fields in README.md');
  return table
    .trimEnd()
    .split('\n')
    .map((row) => {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/`|\\(?=\|)/g, ''));
      const [, name = '', sections = '', standard = '', meaning = ''] = cells;
      return { name, sections, standard, meaning };
    });
}

import Table from 'cli-table3';
import { terminalText } from './terminal-text.js';

/**
 * Columns without borders, so that `grep` and `awk` serve as well as eyes. On a terminal too narrow for them, without
 * those in which there is nothing; where that is not enough, one block a row: lines that the terminal breaks are columns
 * no more.
 *
 * @param width characters of a line; what is no terminal has any, and so has one that does not know its size.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width = process.stdout.columns || Number.POSITIVE_INFINITY,
): string {
  const fits = (text: string): boolean => text.split('\n').every((line) => line.length <= width);
  const whole = inColumns(head, rows);
  if (fits(whole)) return whole;
  const hasValue = (_: string, column: number): boolean => rows.some((row) => row[column] !== '');
  const filled = inColumns(
    head.filter(hasValue),
    rows.map((row) => row.filter(hasValue)),
  );
  return fits(filled) ? filled : inBlocks(head, rows);
}

function inBlocks(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const blocks = rows.map((row) => {
    const cells = row.map((value, column) => [head[column]!.toLowerCase(), value] as const);
    return facts(cells.filter(([, value]) => value !== ''));
  });
  return blocks.join('\n\n');
}

function inColumns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const chars = Object.fromEntries(
    ['top', 'bottom', 'mid'].flatMap((line) =>
      ['', '-mid', '-left', '-right'].map((part) => [`${line}${part}`, '']),
    ),
  );
  const out = new Table({
    chars: { ...chars, left: '', 'left-mid': '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  out.push([...head], ...rows.map((row) => row.map(terminalText)));
  return out.toString().replace(/ +$/gm, '');
}

/** `label: value` lines with the values under one another. */
export function facts(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, value]) => `${`${label}:`.padEnd(width)}${terminalText(value)}`).join('\n');
}

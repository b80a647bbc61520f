import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The documents of the checkout as the tests read them: Markdown is taken at its letter, not rendered. */
export const ROOT = join(import.meta.dirname, '../..');
export const DOCUMENTS = globSync('{*,docs/*}.md', { cwd: ROOT }).sort();

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Blocks of code, without their fences. */
export function fences(text: string): string[] {
  return [...text.matchAll(/^( *)```[^\n]*\n([\s\S]*?)^\1```$/gm)].map(([, , code]) => code!);
}

/** Code within a line; in a table, `\|` stands for a bar. */
export function spans(text: string): string[] {
  const prose = text.replace(/^( *)```[^\n]*\n[\s\S]*?^\1```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!.replaceAll('\\|', '|'));
}

/** The cells of the rows of the table whose header begins with this, without the header. */
export function rowsOf(text: string, header: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${header} +\\|`).test(line));
  if (start < 0) throw new Error(`there is no table that begins with ${header}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return (end < 0 ? rows : rows.slice(0, end)).map(cellsOf);
}

/** The items of the numbered list under a heading, each as one line. */
export function itemsOf(text: string, heading: string): string[] {
  const [, section = ''] = `\n${text}`.split(`\n${heading}\n`);
  const [list = ''] = section.split('\n## ', 1);
  return [...list.matchAll(/^\d+\. ([\s\S]*?)(?=\n\d+\. |\n\n|\n*$(?![\s\S]))/gm)].map(([, item]) =>
    item!.replace(/\s+/g, ' ').trim(),
  );
}

function cellsOf(row: string): string[] {
  return row
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** Links into the checkout: a file, from its root, and the heading of it that is meant, where one is. */
export function localLinks(path: string): { file: string; heading: string }[] {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';
  return [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file, heading = ''] = target.split('#', 2);
      return { file: file === '' ? path : join(folder, file!), heading };
    });
}

/** The headings of a document as links name them: `## What is it?` is `what-is-it`. */
export function headingsOf(text: string): string[] {
  const prose = text.replace(/^( *)```[^\n]*\n[\s\S]*?^\1```$/gm, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Labels of links, `[text][label]`, and those that `[label]: URL` defines. */
export function labelsOf(text: string): { used: string[]; defined: string[] } {
  const all = (pattern: RegExp) =>
    [...new Set([...text.matchAll(pattern)].map(([, label]) => label!))].sort();
  return { used: all(/\]\[([^\]]+)\]/g), defined: all(/^\[([^\]]+)\]: /gm) };
}

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DOCUMENTS,
  fences,
  headingsOf,
  itemsOf,
  labelsOf,
  localLinks,
  ROOT,
  rowsOf,
  spans,
  textOf,
} from './documents.js';

describe.each(DOCUMENTS)('%s', (path) => {
  it('links to files that exist', () => {
    expect(localLinks(path).filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('links to headings that exist', () => {
    const toHeadings = localLinks(path).filter(({ heading }) => heading !== '');
    expect(toHeadings.filter(({ file, heading }) => !headingsOf(textOf(file)).includes(heading))).toEqual([]);
  });

  it('defines the labels of its links, and no others', () => {
    const { used, defined } = labelsOf(textOf(path));
    expect(defined).toEqual(used);
  });

  it('names files that exist', () => {
    const named = spans(textOf(path)).filter((code) =>
      /^(apps|libs|test|bench|scripts|packaging|proto|bin|docs)\/[\w./@*-]+$/.test(code),
    );
    expect(named.filter((code) => globSync(code, { cwd: ROOT }).length === 0)).toEqual([]);
  });
});

describe('the threats in SECURITY.md', () => {
  const numbers = rowsOf(textOf('SECURITY.md'), 'Attacker').map((cells) =>
    cells.at(-1)!.split(', ').map(Number),
  );
  const attacks = itemsOf(textOf('SECURITY.md'), '## Attacks');

  it('are each shown by attacks of the list, and every attack shows something', () => {
    expect(numbers.length).toBeGreaterThan(10);
    expect(new Set(numbers.flat())).toEqual(new Set(attacks.map((_, index) => index + 1)));
  });

  it('are attacked by tests', () => {
    expect(attacks.filter((attack) => !/\]\([\w./-]+\.spec\.ts\) "/.test(attack))).toEqual([]);
  });

  it('are attacked by tests that exist under that name', () => {
    const missing = attacks.flatMap((attack) => {
      // The words up to the next link are about the file before.
      return attack.split(/(?=\[[^\]]+\]\()/).flatMap((part) => {
        const [, file] = /^\[[^\]]+\]\(([^)]+)\)/.exec(part) ?? [];
        if (file === undefined) return [];
        const source = textOf(file);
        return [...part.matchAll(/"([^"]+)"/g)]
          .filter(([, name]) => !source.includes(name!))
          .map(([, name]) => `${file}: ${name}`);
      });
    });
    expect(missing).toEqual([]);
  });
});

describe('what docs/errors.md says one sees', () => {
  it('is what the programs say', () => {
    const source = globSync('{apps,libs}/**/*.ts', { cwd: ROOT, exclude: ['**/*.spec.ts', '**/gen/**'] })
      .map((file) => readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'"))
      .join('\n');
    const said = rowsOf(textOf('docs/errors.md'), 'What broke').flatMap(([, seen]) => spans(seen!));
    expect(said.length).toBeGreaterThan(15);
    expect(said.filter((words) => !source.includes(words))).toEqual([]);
  });
});

describe('the folders in HACKING.md', () => {
  it('are those of the product, each once', () => {
    const rows = rowsOf(textOf('HACKING.md'), 'Folder').flatMap(([cell]) => spans(cell!));
    const folders = ['proto', 'packaging', ...globSync('{libs,apps}/*', { cwd: ROOT })];
    expect(rows.sort()).toEqual(folders.sort());
  });
});

describe('the dependencies in docs/design.md', () => {
  it('are those of package.json, each once', () => {
    const packages = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>;
    const listed = (kinds: string[]) => kinds.flatMap((kind) => Object.keys(packages[kind]!)).sort();
    const rows = (header: string) =>
      rowsOf(textOf('docs/design.md'), header)
        .flatMap(([cell]) => spans(cell!))
        .sort();
    expect(rows('Package')).toEqual(listed(['dependencies', 'optionalDependencies']));
    expect(rows('For development')).toEqual(listed(['devDependencies']));
  });
});

describe('reading documents', () => {
  it('tells blocks, code in lines and cells of tables apart', () => {
    const text = 'a `b`\n\n   ```sh\n   c `d`\n   ```\n\n| H | I |\n| - | - |\n| `x\\|y` | z |\n\nend';
    expect(fences(text)).toEqual(['   c `d`\n']);
    expect(spans(text)).toEqual(['b', 'x|y']);
    expect(rowsOf(text, 'H')).toEqual([['`x\\|y`', 'z']]);
    expect(headingsOf('# A b!\n\n```\n# c\n```\n\n## `d_e`, f\n')).toEqual(['a-b', 'd_e-f']);
    expect(labelsOf('[a][x] [b](y)\n\n[x]: z\n')).toEqual({ used: ['x'], defined: ['x'] });
    expect(itemsOf('## A\n\n1. a\n   b\n2. c\n\n## B\n\n1. d\n', '## A')).toEqual(['a b', 'c']);
  });
});

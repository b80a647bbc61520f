import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENTS, fences, localLinks, ROOT, rowsOf, spans, textOf } from './documents.js';

describe.each(DOCUMENTS)('%s', (path) => {
  it('links to files that exist', () => {
    expect(localLinks(path).filter((target) => !existsSync(join(ROOT, target)))).toEqual([]);
  });

  it('names files that exist', () => {
    const named = spans(textOf(path)).filter((code) =>
      /^(apps|libs|test|bench|scripts|packaging|proto|bin|docs)\/[\w./@*-]+$/.test(code),
    );
    expect(named.filter((code) => globSync(code, { cwd: ROOT }).length === 0)).toEqual([]);
  });
});

describe('the threats in SECURITY.md', () => {
  const shown = rowsOf(textOf('SECURITY.md'), 'Attacker').map((cells) => cells.at(-1)!);

  it('are each shown by a test', () => {
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((cell) => !/\]\([\w./-]+\.spec\.ts\) "/.test(cell))).toEqual([]);
  });

  it('are shown by tests that exist under that name', () => {
    const missing = shown.flatMap((cell) =>
      [...cell.matchAll(/\]\(([^)]+)\)((?:,? "[^"]+")+)/g)].flatMap(([, file, names]) => {
        const source = textOf(file!);
        return [...names!.matchAll(/"([^"]+)"/g)]
          .filter(([, name]) => !source.includes(name!))
          .map(([, name]) => `${file}: ${name}`);
      }),
    );
    expect(missing).toEqual([]);
  });
});

describe('what README.md says one sees', () => {
  it('is what the programs say', () => {
    const source = globSync('{apps,libs}/**/*.ts', { cwd: ROOT, exclude: ['**/*.spec.ts', '**/gen/**'] })
      .map((file) => readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'"))
      .join('\n');
    const said = rowsOf(textOf('README.md'), 'What broke').flatMap(([, seen]) => spans(seen!));
    expect(said.length).toBeGreaterThan(15);
    expect(said.filter((words) => !source.includes(words))).toEqual([]);
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
  });
});

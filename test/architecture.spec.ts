import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import ts from 'typescript';

/**
 * Who may import whom, with the reason why. ESLint says the same while one types; here it is complete: also
 * `import()`, and what a file reaches through others.
 */
const ROOT = join(import.meta.dirname, '..');
const sources = globSync('{apps,libs,packaging,bench,test}/**/*.ts', { cwd: ROOT }).filter(
  (file) => !file.startsWith('libs/protocol/src/gen/'),
);
/** A `testing` folder holds what stands in for a part of the product in tests. */
const ofTests = (file: string) => /^(test|bench)\/|\/testing\/|\.spec\.ts$/.test(file);
const product = sources.filter((file) => !ofTests(file));

interface Import {
  /** A file of ours, from the root of the checkout, or the name of a package. */
  readonly target: string;
  readonly written: string;
}

/** What a file loads when it runs: imports of types alone are gone by then. */
function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const from = moduleLoadedBy(node);
    if (from !== undefined) found.push({ written: from, target: resolve(file, from) });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest));
  return found;
}

function moduleLoadedBy(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) && node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword) {
    return textOf(node.moduleSpecifier);
  }
  if (ts.isExportDeclaration(node) && !node.isTypeOnly && node.moduleSpecifier) {
    return textOf(node.moduleSpecifier);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return textOf(node.arguments[0]);
  }
  return undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function resolve(file: string, from: string): string {
  if (from.startsWith('#')) return (doors[from]?.types ?? from).replace('./', '');
  if (!from.startsWith('.')) return from;
  return relative(ROOT, normalize(join(ROOT, dirname(file), from))).replace(/\.js$/, '.ts');
}

/** The doors of the libraries: `#crypto` and the like. */
const { imports: doors } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  imports: Record<string, { types: string } | undefined>;
};

const imports = new Map(sources.map((file) => [file, importsOf(file)]));

/** Every import of these files that breaks the rule, as `file imports target`. */
function offences(files: string[], breaks: (target: Import, file: string) => boolean): string[] {
  return files.flatMap((file) =>
    (imports.get(file) ?? [])
      .filter((each) => breaks(each, file))
      .map((each) => `${file} imports ${each.written}`),
  );
}

const libOf = (file: string) => /^libs\/([^/]+)\//.exec(file)?.[1];

describe('the architecture', () => {
  it('is seen: every import of ours leads to a file that exists', () => {
    expect(product.length).toBeGreaterThan(30);
    const known = new Set([...sources, ...globSync('libs/protocol/src/gen/**/*.ts', { cwd: ROOT })]);
    expect(
      offences(product, ({ target }) => /^(apps|libs|test)\//.test(target) && !known.has(target)),
    ).toEqual([]);
  });

  it('has libraries that know nothing of the programs that use them', () => {
    const libs = sources.filter((file) => file.startsWith('libs/'));
    expect(offences(libs, ({ target }) => target.startsWith('apps/'))).toEqual([]);
  });

  it('keeps the product free of its tests', () => {
    expect(offences(product, ({ target }) => ofTests(target))).toEqual([]);
  });

  it('has no door into a library but its index, so that the rest can change', () => {
    const direct = ({ target, written }: Import, file: string) =>
      written.startsWith('.') && libOf(target) !== undefined && libOf(target) !== libOf(file);
    expect(offences(product, direct)).toEqual([]);
  });

  it('has libraries without circles, so that each can be understood after those below it', () => {
    const below = new Map<string, Set<string>>();
    for (const file of product) {
      const lib = libOf(file);
      if (lib === undefined) continue;
      const others = (imports.get(file) ?? []).map(({ target }) => libOf(target));
      const all = below.get(lib) ?? new Set<string>();
      for (const other of others) if (other !== undefined && other !== lib) all.add(other);
      below.set(lib, all);
    }
    const circles: string[] = [];
    const visit = (lib: string, path: string[]): void => {
      if (path.includes(lib)) circles.push([...path, lib].join(' → '));
      else for (const other of below.get(lib) ?? []) visit(other, [...path, lib]);
    };
    for (const lib of below.keys()) visit(lib, []);
    expect(circles).toEqual([]);
  });

  it.each([
    ['crypto', ['errors']],
    ['errors', []],
  ])('has a %s library that stands on %j of ours only: it is reviewed by itself', (lib, allowed) => {
    const own = product.filter((file) => libOf(file) === lib);
    const foreign = ({ target }: Import) =>
      libOf(target) !== undefined && ![lib, ...allowed].includes(libOf(target) ?? '');
    expect(own).not.toEqual([]);
    expect(offences(own, foreign)).toEqual([]);
  });

  it('has a pure crypto library: no files, no network, no processes', () => {
    const own = product.filter((file) => libOf(file) === 'crypto');
    const effects =
      /^(node:)?(fs|fs\/promises|net|tls|http|https|http2|dgram|dns|child_process|os|worker_threads)$/;
    expect(offences(own, ({ target }) => effects.test(target))).toEqual([]);
  });

  it('starts processes in libs/host alone: one place where arguments meet the system', () => {
    const elsewhere = product.filter((file) => libOf(file) !== 'host');
    expect(offences(elsewhere, ({ target }) => /^((node:)?child_process|execa)$/.test(target))).toEqual([]);
  });

  it('has commands that start fast: no Nest behind any of them but `start`', () => {
    const reached = (file: string, path: string[], seen: Set<string>): string[] => {
      if (seen.has(file)) return [];
      seen.add(file);
      return (imports.get(file) ?? []).flatMap(({ target }) =>
        target.startsWith('@nestjs/')
          ? [[...path, file, target].join(' → ')]
          : target.endsWith('/commands/start.ts')
            ? []
            : reached(target, [...path, file], seen),
      );
    };
    const commands = product.filter(
      (file) => file.startsWith('apps/cli/') && !file.endsWith('/commands/start.ts'),
    );
    expect(commands).not.toEqual([]);
    expect(commands.flatMap((file) => reached(file, [], new Set()))).toEqual([]);
  });

  it('loads of class-validator only what it uses: its index loads every validator there is', () => {
    const loaded = product.filter((file) => !file.endsWith('.d.ts'));
    expect(offences(loaded, ({ target }) => target === 'class-validator')).toEqual([]);
  });

  it.each(globSync('libs/*', { cwd: ROOT }))('%s says first what it is', (lib) => {
    expect(readFileSync(join(ROOT, lib, 'src/index.ts'), 'utf8')).toMatch(/^\/\*\*/);
  });
});

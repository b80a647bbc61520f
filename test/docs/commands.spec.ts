import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkSection, type Role } from '#config';
import { load } from 'js-yaml';
import type { BanyanCommand } from '../../apps/cli/src/base-command.js';
import { describedAnswers } from './examples.js';
import { DOCUMENTS, fences, ROOT, spans, textOf } from './documents.js';

/** The flags of a command, by `banyan-engine add-client`. */
async function commands(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const file of globSync('apps/cli/src/*/commands/*.ts', { cwd: ROOT })) {
    const { default: command } = (await import(join(ROOT, file))) as { default: typeof BanyanCommand };
    const flags = [...Object.keys(command.flags ?? {}), ...Object.keys(command.baseFlags)];
    const name = `banyan-${file.split('/')[3]} ${basename(file, '.ts')}`;
    found.set(name, [...flags, 'help', ...(command.enableJsonFlag ? ['json'] : [])]);
  }
  return found;
}

/** Every use of a program in code, as `banyan-agent init --keep …`, up to the end of the line or command. */
function uses(text: string): string[] {
  const code = [...fences(text), ...spans(text)].flatMap((block) => block.split(/\n|;|&&/));
  return code.flatMap(
    (line) => /^\s*(?:# |sudo )*(banyan-(?:engine|agent|cli) [a-z].*)$/.exec(line)?.[1] ?? [],
  );
}

describe.each(DOCUMENTS)('the commands in %s', (path) => {
  it('exist, with their flags', async () => {
    const known = await commands();
    const wrong = uses(textOf(path)).filter((use) => {
      const flags = known.get(use.split(' ', 2).join(' '));
      return [...use.matchAll(/--([a-z-]+)/g)].some(([, flag]) => !flags?.includes(flag!)) || !flags;
    });
    expect(wrong).toEqual([]);
  });
});

describe('docs/commands.md', () => {
  it('names every command', async () => {
    const named = new Set(uses(textOf('docs/commands.md')).map((use) => use.split(' ', 2).join(' ')));
    expect([...(await commands()).keys()].filter((command) => !named.has(command))).toEqual([]);
  });
});

describe('every command with --json', () => {
  it('says what it answers, as `static override readonly answer`', async () => {
    const silent = [...(await describedAnswers())].filter(
      ([, answer]) => !/an (object|array): \w/.test(answer),
    );
    expect(silent).toEqual([]);
  });
});

describe('banyan.yaml in the documents', () => {
  const examples = DOCUMENTS.flatMap((path) =>
    fences(textOf(path)).filter((block) => /^\s*(engine|agent|cli):$/m.test(block)),
  );

  it('is there', () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  it.each(examples)('is what the programs take, without a warning:\n%s', (example) => {
    for (const [role, section] of Object.entries(load(example) as Record<Role, unknown>)) {
      expect(checkSection(role as Role, section, 'banyan.yaml').warnings).toEqual([]);
    }
  });
});

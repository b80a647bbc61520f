import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { getMetadataStorage } from 'class-validator';
import type { BanyanCommand } from '../../apps/cli/src/base-command.js';
import { SECTIONS } from '../../libs/config/src/sections.js';
import { DOCUMENTS, fences, ROOT, rowsOf, spans, textOf } from './documents.js';

const readme = textOf('README.md');

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

describe('README.md', () => {
  it('names every command', async () => {
    const named = new Set(uses(readme).map((use) => use.split(' ', 2).join(' ')));
    expect([...(await commands()).keys()].filter((command) => !named.has(command))).toEqual([]);
  });

  it('has a row for every field of the config, in its sections, and for no other', () => {
    const documented = rowsOf(readme, 'Field').flatMap(([field, sections]) => {
      const roles = sections === 'all' ? Object.keys(SECTIONS) : sections!.split(', ');
      return roles.map((role) => `${role}.${spans(field!)[0]}`);
    });
    const known = Object.entries(SECTIONS).flatMap(([role, section]) => {
      const checks = getMetadataStorage().getTargetValidationMetadatas(section, '', false, false);
      return checks.map(({ propertyName }) => `${role}.${propertyName}`);
    });
    expect(documented.sort()).toEqual(known.sort());
  });

  it('gives each field its default', () => {
    const wrong = rowsOf(readme, 'Field').flatMap(([field, sections, shown]) => {
      const [name] = spans(field!);
      const [role] = sections === 'all' ? ['agent'] : sections!.split(', ');
      const section = new SECTIONS[role as keyof typeof SECTIONS]() as unknown as Record<string, unknown>;
      // state_dir depends on who asks; load.spec.ts has it.
      if (name === 'state_dir') return [];
      const value = section[name!];
      const expected =
        value === undefined ? '–' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
      return shown === expected ? [] : [`${name}: ${shown}, not ${expected}`];
    });
    expect(wrong).toEqual([]);
  });
});

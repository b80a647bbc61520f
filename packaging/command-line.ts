import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OptionFlag } from '@oclif/core/interfaces';
import type { BanyanCommand } from '../apps/cli/src/base-command.js';
import type { Program } from '../apps/cli/src/program.js';

/** What a program's command line takes, as data: manual pages and completions are written from it. */
export interface CommandLine {
  readonly name: string;
  readonly description: string;
  readonly commands: readonly CommandData[];
}

export interface CommandData {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly ExampleData[];
  /** What `--json` prints. */
  readonly answer: string | undefined;
  /** What stands beside the flags, in order. */
  readonly args: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly FlagData[];
}

export interface ExampleData {
  readonly command: string;
  /** Why one would, where that is not plain. */
  readonly description: string | undefined;
}

export interface FlagData {
  readonly name: string;
  readonly description: string;
  /** What stands for its value in help, as `KEY` or `embedded|etcd`; a switch has none. */
  readonly value: string | undefined;
  readonly required: boolean;
}

const JSON_FLAG = { name: 'json', description: 'print JSON', value: undefined, required: false };
const HELP_FLAG = { name: 'help', description: 'show help', value: undefined, required: false };

/**
 * @param compiled the folder of the compiled `apps/cli/src`.
 * @returns the commands by name, the flags of each in the order of its help.
 */
export async function commandLineOf(program: Program, compiled: string): Promise<CommandLine> {
  const folder = join(compiled, program.role, 'commands');
  const files = (await readdir(folder)).filter((file) => /^[a-z-]+\.[jt]s$/.test(file)).sort();
  const commands = files.map(async (file) => {
    const { default: command } = (await import(join(folder, file))) as { default: typeof BanyanCommand };
    return dataOf(program.name, file.replace(/\.[jt]s$/, ''), command);
  });
  return { name: program.name, description: program.description, commands: await Promise.all(commands) };
}

function dataOf(bin: string, name: string, command: typeof BanyanCommand): CommandData {
  const filled = (text: string) =>
    text.replaceAll('<%= config.bin %>', bin).replaceAll('<%= command.id %>', name);
  const own = Object.entries({ ...command.flags, ...command.baseFlags })
    .filter(([, flag]) => !flag.hidden)
    .map(([flagName, flag]) => ({
      name: flagName,
      description: flag.summary ?? flag.description ?? '',
      value: flag.type === 'option' ? shownValue(flag) : undefined,
      required: flag.required ?? false,
    }));
  return {
    name,
    summary: filled(command.summary ?? ''),
    description: filled(command.description ?? ''),
    examples: (command.examples ?? []).map((example) =>
      typeof example === 'string'
        ? { command: filled(example), description: undefined }
        : { command: filled(example.command), description: example.description },
    ),
    answer: command.answer,
    args: Object.entries(command.args ?? {}).map(([arg, { description }]) => ({
      name: arg.toUpperCase(),
      description: description ?? '',
    })),
    flags: [...own, ...(command.enableJsonFlag ? [JSON_FLAG] : []), HELP_FLAG],
  };
}

function shownValue({ helpValue, options }: Pick<OptionFlag<unknown>, 'helpValue' | 'options'>): string {
  if (helpValue === undefined) return options?.join('|') ?? 'VALUE';
  return typeof helpValue === 'string' ? helpValue : helpValue.join(' ');
}

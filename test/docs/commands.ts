import { join } from 'node:path';
import { PROGRAMS } from '../../apps/cli/src/program.js';
import { commandLineOf, type CommandData, type FlagData } from '../../packaging/command-line.js';

/** `docs/commands.md`, out of the commands themselves; `scripts/reference` writes it. */

const HEAD = `# Commands

Each command has \`--help\`, which says what is said here, and a manual page: \`man banyan-engine\`. \`--config PATH\`, or
\`BANYAN_CONFIG\`, names another \`banyan.yaml\` than \`/etc/banyan/banyan.yaml\`.

**\`--json\`** prints the same facts as one JSON value on standard output: an array where there is a table, else an object.
Warnings and progress go to standard error. A failure is \`{ "error": { "kind": …, "message": …, "remedy": … } }\`.

**Exit codes**: 0 done, 1 failed, 2 wrong usage. Commands that look for something, as \`doctor\`, \`audit --verify\` and
\`remove-client\`, also end with 1 when they found what they say.

Where an example begins with \`sudo\`, the command needs root. \`scripts/reference\` writes this page from the commands, and
a test runs every example.
`;

/** The whole page. */
export async function commands(): Promise<string> {
  const chapters = Object.values(PROGRAMS).map(async (program) => {
    const { name, description, commands } = await commandLineOf(
      program,
      join(import.meta.dirname, '../../apps/cli/src'),
    );
    return `## ${name}\n\n${description}\n\n${commands.map((each) => section(name, each)).join('\n')}`;
  });
  return [HEAD, ...(await Promise.all(chapters))].join('\n');
}

function section(
  program: string,
  { name, summary, description, examples, answer, args, flags }: CommandData,
): string {
  // Every command has these, and the head of the page tells of them.
  const own = flags.filter((flag) => !['config', 'json', 'help'].includes(flag.name));
  const json = flags.some((flag) => flag.name === 'json');
  const names = args.map((arg) => arg.name);
  const usage = [`${program} ${name}`, ...names, ...own.map(bracketed), ...(json ? ['[--json]'] : [])].join(
    ' ',
  );
  return [
    `### ${program} ${name}\n`,
    `${summary}${description === '' ? '' : ` ${description}`}\n`,
    '```text',
    usage,
    '```\n',
    ...args.map((arg) => `- \`${arg.name}\`: ${arg.description} (required)`),
    ...own.map((flag) => `- \`${shown(flag)}\`: ${flag.description}${flag.required ? ' (required)' : ''}`),
    answer === undefined ? undefined : `- \`--json\`: ${answer}`,
    args.length + own.length > 0 || answer !== undefined ? '' : undefined,
    '```sh',
    ...examples.flatMap(({ command, description }) => [
      ...(description === undefined ? [] : [`# ${description}`]),
      command,
    ]),
    '```\n',
  ]
    .filter((line) => line !== undefined)
    .join('\n');
}

function bracketed(flag: FlagData): string {
  return flag.required ? shown(flag) : `[${shown(flag)}]`;
}

function shown({ name, value }: FlagData): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

import { ROLES, type DescribedField } from '#config';
import type { CommandData, CommandLine, FlagData } from './command-line.js';

/** What every page says of when and for which version it was made. */
export interface Edition {
  readonly version: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** The section of each program's page (man(1)): a service is the administrator's, the operator has a command. */
export function sectionOf(program: string): 1 | 8 {
  return program === 'banyan-cli' ? 1 : 8;
}

/** The manual page of a program, in the macros of man(7). */
export function programPage({ name, description, commands }: CommandLine, edition: Edition): string {
  const others = ['banyan-engine', 'banyan-agent', 'banyan-cli'].filter((program) => program !== name);
  return [
    heading(name, sectionOf(name), edition),
    '.SH NAME',
    `${roff(name)} \\- ${roff(withoutSubject(description))}`,
    '.SH SYNOPSIS',
    `.B ${roff(name)}\n.I COMMAND\n.RI [ FLAGS ]`,
    '.SH COMMANDS',
    ...commands.map(commandText),
    '.SH ENVIRONMENT',
    paragraph('BANYAN_CONFIG', 'Path of banyan.yaml, where no flag gives one.'),
    '.SH FILES',
    paragraph('/etc/banyan/banyan.yaml', 'Keys and settings; see banyan.yaml(5).'),
    '.SH EXIT STATUS',
    '0: done. 1: failed. 2: wrong usage.',
    '.SH SEE ALSO',
    [...others.map((program) => reference(program, sectionOf(program))), reference('banyan.yaml', 5)].join(
      ',\n',
    ),
    '',
  ].join('\n');
}

/** banyan.yaml(5). */
export function configPage(fields: readonly DescribedField[], edition: Edition): string {
  return [
    heading('banyan.yaml', 5, edition),
    '.SH NAME',
    'banyan.yaml \\- keys and settings of a host of a Banyan network',
    '.SH DESCRIPTION',
    roff(
      'YAML with a section for each role: engine, agent, cli. Each program reads its own. Written by init, mode 0600. It is read at start: a change counts from the next one. An unknown field is a warning; a wrong one is an error.',
    ),
    '.SH FIELDS',
    ...fields.map((field) => paragraph(field.name, fieldText(field))),
    '.SH SEE ALSO',
    [reference('banyan-engine', 8), reference('banyan-agent', 8), reference('banyan-cli', 1)].join(',\n'),
    '',
  ].join('\n');
}

/** In prose: what Markdown marks as code is plain. */
function fieldText({ roles, means, expected, standard, change }: DescribedField): string {
  const sections = roles.length === ROLES.length ? 'All sections' : `Section ${roles.join(' and ')}`;
  return [
    `${sections}: ${means}.`,
    `Must be ${expected}.`,
    ...(standard === undefined ? [] : [`Default: ${standard}.`]),
    ...(change === undefined ? [] : [`On a change: ${change}`]),
  ]
    .join(' ')
    .replaceAll('`', '');
}

function heading(name: string, section: number, { version, date }: Edition): string {
  return `.TH ${roff(name.toUpperCase())} ${section} ${date} "Banyan ${version}" Banyan\n.nh\n.ad l`;
}

function commandText({ name, summary, description, examples, args, flags }: CommandData): string {
  return [
    `.SS ${roff(name)}`,
    roff(summary),
    ...(description === '' ? [] : ['.PP', roff(description)]),
    ...args.map((arg) => paragraph(arg.name, `${sentence({ ...arg, required: true })}.`)),
    ...flags.map((flag) => paragraph(shown(flag), `${sentence(flag)}.`)),
    '.PP',
    'Examples:',
    '.PP\n.RS\n.nf',
    ...examples.map(({ command }) => roff(command)),
    '.fi\n.RE',
  ].join('\n');
}

function shown({ name, value }: FlagData): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function sentence({ description, required }: Pick<FlagData, 'description' | 'required'>): string {
  const text = description.charAt(0).toUpperCase() + description.slice(1);
  return required ? `${text} (required)` : text;
}

function paragraph(term: string, text: string): string {
  return `.TP\n.B ${roff(term)}\n${roff(text)}`;
}

function reference(name: string, section: number): string {
  return `.BR ${roff(name)} (${section})`;
}

/** `The agent: joins …` after the program's own name. */
function withoutSubject(description: string): string {
  return description.replace(/^[^:]+: /, '').replace(/\.$/, '');
}

/** Text of ours in one line: backslashes, hyphens that people copy, and what begins a request (groff(7)). */
function roff(text: string): string {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replace(/^(?=[.'])/, '\\&');
}

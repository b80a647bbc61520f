import type { CommandLine, FlagData } from './command-line.js';

/** Completion of a program for bash (bash(1), Programmable Completion); needs nothing but bash. */
export function bashCompletion({ name, commands }: CommandLine): string {
  const flagsOf = commands.map(
    (command) => `    ${command.name}) flags='${command.flags.map((flag) => `--${flag.name}`).join(' ')}' ;;`,
  );
  const valuesOf = valueFlags(commands.flatMap(({ flags }) => flags)).map(
    ([flag, value]) => `    --${flag}) ${bashValues(value)}return ;;`,
  );
  const run = functionName(name);
  return `# bash completion for ${name}; generated from its commands.
${run}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} flags=
  COMPREPLY=()
  # bash takes \`--config=/etc\` for three words.
  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${[...commands.map((command) => command.name), 'help', '--help', '--version'].join(' ')}' -- "$word"))
    return
  fi
  case $before in
${valuesOf.join('\n')}
  esac
  case \${COMP_WORDS[1]} in
    help) flags='${commands.map((command) => command.name).join(' ')}' ;;
${flagsOf.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$flags" -- "$word"))
}
complete -F ${run} ${name}
`;
}

/** Completion of a program for zsh, by \`_arguments\` (zshcompsys(1)). */
export function zshCompletion({ name, commands }: CommandLine): string {
  const summaries = commands.map((command) => `    ${quoted(`${command.name}:${command.summary}`)}`);
  const cases = commands.map(({ name: command, flags }) => {
    const specs = flags.map((flag) => `        ${quoted(zshFlag(flag))}`);
    return `      ${command})\n      _arguments \\\n${specs.join(' \\\n')}\n      ;;`;
  });
  return `#compdef ${name}
# zsh completion for ${name}; generated from its commands.
local -a commands
local context state state_descr line
typeset -A opt_args
_arguments -C '(- *)--help[show help]' '(- *)--version[show the version]' '1:command:->command' '*::flag:->flags'
case $state in
  command)
    commands=(
${summaries.join('\n')}
    )
    _describe command commands
    ;;
  flags)
    case $words[1] in
${cases.join('\n')}
    esac
    ;;
esac
`;
}

/** Flags that take a value with every command that has them, each once, with what stands for the value. */
function valueFlags(flags: readonly FlagData[]): [name: string, value: string][] {
  const switches = new Set(flags.filter(({ value }) => value === undefined).map(({ name }) => name));
  const found = flags.flatMap(({ name, value }): [string, string][] =>
    value === undefined || switches.has(name) ? [] : [[name, value]],
  );
  return [...new Map(found)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function bashValues(value: string): string {
  switch (kindOf(value)) {
    case 'words':
      return `COMPREPLY=($(compgen -W '${value.replaceAll('|', ' ')}' -- "$word")); `;
    case 'folder':
      return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); ';
    case 'file':
      return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); ';
    case 'own':
      return '';
  }
}

function zshFlag({ name, description, value }: FlagData): string {
  const told = description.replace(/[[\]\\:]/g, '\\$&');
  if (value === undefined) return `--${name}[${told}]`;
  const action = { words: `(${value.replaceAll('|', ' ')})`, folder: '_files -/', file: '_files', own: ' ' };
  const label = kindOf(value) === 'words' ? name : value;
  return `--${name}=[${told}]:${label}:${action[kindOf(value)]}`;
}

/** What can be offered for a value, by what stands for it in help. */
function kindOf(value: string): 'words' | 'folder' | 'file' | 'own' {
  if (value.includes('|')) return 'words';
  if (value === 'DIR') return 'folder';
  return value === 'PATH' || value === 'FILE' ? 'file' : 'own';
}

function functionName(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}

/** One word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

import type { Examined, State } from './check.js';

/** The JSON of `doctor`. */
export function examinedJson({ check, state, detail, remedy }: Examined) {
  return { check, state, detail, remedy: remedy ?? null };
}

const WIDTH = 16;

/** One check, for people: a line, and under it the commands that mend it. */
export function examinedText({ check, state, detail, remedy }: Examined): string {
  const line = `${state.padEnd(4)}  ${check.padEnd(WIDTH)}  ${detail}`;
  const commands = (remedy ?? '').split('\n').filter((command) => command !== '');
  return [
    line,
    ...commands.map(
      (command, index) => `${' '.repeat(WIDTH + 8)}${index === 0 ? 'Try: ' : '     '}${command}`,
    ),
  ].join('\n');
}

/** The last line. */
export function verdict(all: readonly Examined[]): string {
  const count = (state: State): number => all.filter((one) => one.state === state).length;
  if (count('ok') === all.length) return `All ${all.length} checks are well.`;
  return `${count('ok')} of ${all.length} checks are well, ${count('warn')} to look at, ${count('fail')} failed.`;
}

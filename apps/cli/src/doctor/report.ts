import { NOT_LOOKED, type Examined, type State } from './check.js';

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

/** For people: what keeps many checks from looking, such as a configuration that is not there, is told once. */
export function withoutRepetition(): (examined: Examined) => Examined {
  const reasons = new Set<string>();
  return (examined) => {
    const { check, state, detail } = examined;
    if (!detail.startsWith(NOT_LOOKED)) return examined;
    if (reasons.has(detail)) return { check, state, detail: `${NOT_LOOKED} for the same reason` };
    reasons.add(detail);
    return examined;
  };
}

/** The last line. */
export function verdict(all: readonly Examined[]): string {
  const count = (state: State): number => all.filter((one) => one.state === state).length;
  if (count('ok') === all.length) return `All ${all.length} checks are well.`;
  return `${count('ok')} of ${all.length} checks are well, ${count('warn')} to look at, ${count('fail')} failed.`;
}

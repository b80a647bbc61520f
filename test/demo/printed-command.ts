/**
 * The arguments of a command that a program printed for a person to paste, `sudo` left out: found in its
 * output by the words it begins with. Single quotes only, as our programs print them.
 *
 * @throws Error when the output has no such line.
 */
export function printedCommand(output: string, beginning: string): string[] {
  const line = output
    .split('\n')
    .map((each) => each.trim().replace(/^sudo /, ''))
    .find((each) => each.startsWith(beginning));
  if (line === undefined) throw new Error(`no line that begins with \`${beginning}\` in:\n${output}`);
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

import { run, type Run } from '#host';
import type { Host } from '../lab/index.js';

/** The project's own {@link run}, on a test host: also how a program gets its input is under test. */
export function runOn(host: Host): Run {
  const [enter = '', ...entrance] = host.enterCommand.split(' ');
  return (program, args, options) => run(enter, [...entrance, program, ...args], options);
}

import { follow, type Follow } from '#host';
import type { Host } from '../lab/index.js';

/** The project's own {@link follow}, on a test host. */
export function followOn(host: Host): Follow {
  const [enter = '', ...entrance] = host.enterCommand.split(' ');
  return (program, args, onOutput) => follow(enter, [...entrance, program, ...args], onOutput);
}

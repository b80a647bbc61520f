import { follow, type Follow } from '#host';
import type { Host } from '../lab/index.js';

/** The project's own {@link follow}, on a test host. */
export function followOn(host: Host): Follow {
  // What is entered by `nsenter` is a process of its own, which must not outlive it.
  const mortal = ['setpriv', '--pdeathsig', 'KILL'];
  const [enter = '', ...entrance] = host.enterCommand.split(' ');
  return (program, args, onOutput) => follow(enter, [...entrance, ...mortal, program, ...args], onOutput);
}

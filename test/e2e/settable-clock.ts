import type { Host, Process } from '../lab/index.js';
import { nextLine } from './private-network.js';

const FILE = '/run/lab-clock';
/** The wall clock of a host cannot be set without that of the machine; that of one program can. */
const MODULE = `
  import { readFileSync } from 'node:fs';
  const True = Date;
  let set = 0;
  globalThis.Date = class Date extends True {
    constructor(...of) {
      super(...(of.length === 0 ? [Date.now()] : of));
    }
    static now() {
      return True.now() + set;
    }
  };
  process.on('SIGUSR2', () => {
    set = Number(readFileSync('${FILE}', 'utf8'));
    console.log('the clock was set by ' + set);
  });`;

/** Environment of a program whose wall clock {@link setClock} can set. */
export const SETTABLE_CLOCK = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(MODULE)}`,
};

/** @param ms from the true time. */
export async function setClock(host: Host, program: Process, ms: number): Promise<void> {
  await host.writeFile(FILE, String(ms));
  await Promise.all([
    nextLine(program, new RegExp(`the clock was set by ${ms}\n`)),
    program.signal('SIGUSR2'),
  ]);
}

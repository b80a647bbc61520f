import Down from './commands/down.js';
import Init from './commands/init.js';
import Start from './commands/start.js';
import Status from './commands/status.js';

/** The commands of `banyan-agent`, by what people type. */
export const COMMANDS = { init: Init, start: Start, status: Status, down: Down };

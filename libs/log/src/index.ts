/**
 * What the two services say of what happens: events with stable names from one catalogue, one a line, to standard error.
 * Libraries are given a {@link Log} and know no more of it. Not for the commands of `apps/cli`, which talk to people, and
 * not the audit log, which is for good.
 */
import { EventLog, NOWHERE, standardError, type LogSettings } from './event-log.js';
import { LevelSwitch } from './level-switch.js';
import type { Log } from './said.js';

export { EVENTS, kindOf, type EventKind, type EventName } from './catalogue.js';
export { EventLog, NOWHERE, type LogSettings, type LogTarget } from './event-log.js';
export { LEVELS, parseLevel, type Level } from './level.js';
export { LevelSwitch, type LevelReport } from './level-switch.js';
export { lineOf, type Format } from './line.js';
export { nestLog } from './nest-log.js';
export type { About, Log, Said } from './said.js';

/** The log of this process: one, as standard error is one. It is heard once a service has begun to run. */
export const log = new EventLog(NOWHERE);

/** Its level, which can be changed while it runs. */
export const logLevel = new LevelSwitch(log);

/** A service runs from here on: what it says goes to standard error. */
export function startLog({ level, format }: LogSettings = { level: 'info', format: 'text' }): void {
  log.target = standardError();
  log.format = format;
  logLevel.configure(level);
}

/** For who reports by other means. */
export const SILENT: Log = { say: () => undefined };

import { kindOf } from './catalogue.js';
import type { Level } from './level.js';
import type { Said } from './said.js';

export type Format = 'text' | 'json';

/** Syslog priorities (sd-daemon(3)): the journal reads `<4>` at the start of a line as "warning". */
const PRIORITY: Record<Level, number> = { debug: 7, info: 6, warn: 4, error: 3 };

/**
 * One line for one event. In the form for people: `TIME LEVEL EVENT NAME: MESSAGE`.
 *
 * @param journal whether it goes to the journal, which stamps time and level itself.
 */
export function lineOf(said: Said, format: Format, journal: boolean): string {
  const { level } = kindOf(said.event);
  const priority = journal ? `<${PRIORITY[level]}>` : '';
  if (format === 'json') return priority + jsonOf(said);
  const text = textOf(said);
  return journal
    ? priority + text
    : `${new Date(said.timeMs).toISOString()} ${level.toUpperCase().padEnd(5)} ${text}`;
}

function textOf({ event, name, message }: Said): string {
  return `${event}${name === '' ? '' : ` ${name}`}: ${message}`;
}

function jsonOf({ event, timeMs, name, message, details }: Said): string {
  return JSON.stringify({
    time: new Date(timeMs).toISOString(),
    level: kindOf(event).level,
    event,
    ...(name === '' ? {} : { name }),
    message,
    // After the rest for people who read it; a detail cannot take the place of anything.
    ...Object.fromEntries(Object.entries(details).filter(([detail]) => !RESERVED.has(detail))),
  });
}

const RESERVED: ReadonlySet<string> = new Set(['time', 'level', 'event', 'name', 'message']);

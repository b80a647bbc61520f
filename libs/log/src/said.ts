import { TERMINAL_ORDERS } from '#errors';
import type { EventName } from './catalogue.js';

export type Detail = string | number | boolean | readonly string[];

/** Whom an event concerns, and what programs should not have to read out of the sentence. Never a key, never a secret. */
export interface About {
  /** Display name: that of the whitelist. */
  readonly name?: string | undefined;
  readonly [detail: string]: Detail | undefined;
}

/** One event, as it is written. */
export interface Said {
  readonly event: EventName;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** Empty when it concerns nobody, or nobody in particular. */
  readonly name: string;
  readonly message: string;
  readonly details: Readonly<Record<string, Detail>>;
}

/** Where is said what happens. Services say it to their log, commands to people. */
export interface Log {
  /** @param message a sentence without a full stop, which need not repeat the name. */
  say(event: EventName, message: string, about?: About): void;
}

/** Longer than any sentence, and than most stacks. */
const MOST_TEXT = 4_096;

/** @param timeMs milliseconds since the epoch. */
export function said(event: EventName, message: string, about: About, timeMs: number): Said {
  const { name = '', ...rest } = about;
  const details: Record<string, Detail> = {};
  for (const [detail, value] of Object.entries(rest))
    if (value !== undefined) details[detail] = harmless(value);
  return { event, timeMs, name: oneLine(name), message: oneLine(message), details };
}

function harmless(value: Detail): Detail {
  if (typeof value === 'string') return oneLine(value);
  return typeof value === 'object' ? value.map(oneLine) : value;
}

/** A message cannot make a second line, nor move the cursor of the terminal that shows it, nor reorder what is there. */
function oneLine(text: string): string {
  const short = text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}...` : text;
  return short.replace(TERMINAL_ORDERS, escaped);
}

function escaped(character: string): string {
  if (character === '\n') return '\\n';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

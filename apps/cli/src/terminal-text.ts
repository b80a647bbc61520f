import { TERMINAL_ORDERS } from '#errors';

/** Text from outside, such as a name or an engine's message, without anything that a terminal would obey. */
export function terminalText(text: string): string {
  return text.replace(TERMINAL_ORDERS, '\u{fffd}');
}

/**
 * Text from outside, such as a name or an engine's message, with everything removed that a terminal would
 * obey: control characters (C0, DEL, C1), and marks that reorder what is shown.
 */
export function terminalText(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\u{fffd}');
}

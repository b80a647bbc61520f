import { TERMINAL_ORDERS } from '#errors';

/**
 * JSON in which no character is left that a terminal would obey but the ends of its own lines: JSON itself escapes C0
 * alone. What a program reads out of it is the same.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(TERMINAL_ORDERS, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

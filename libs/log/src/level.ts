/** Each is worth more than those before it. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** Whether a line of this level is written by a log of that one. */
export function reaches(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** @returns undefined for what is no level. */
export function parseLevel(text: string): Level | undefined {
  return LEVELS.find((level) => level === text);
}

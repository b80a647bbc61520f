import { Logger } from '@nestjs/common';
import { Refusals } from './refusals.js';

describe('Refusals', () => {
  const lines: string[] = [];
  let warn: { mockRestore(): void };

  beforeEach(() => {
    lines.length = 0;
    const { warn: original } = Object.getOwnPropertyDescriptors(Logger.prototype);
    Logger.prototype.warn = (message: unknown): void => void lines.push(String(message));
    warn = { mockRestore: () => Object.defineProperty(Logger.prototype, 'warn', original) };
  });

  afterEach(() => warn.mockRestore());

  it('logs the first of a kind, and after a minute how often it came again', () => {
    const refusals = new Refusals();
    for (let i = 0; i < 100; i++) refusals.note('a', 'unknown key', 1_000 + i);
    refusals.note('a', 'unknown key', 62_000);
    expect(lines).toEqual([
      'refused a: unknown key',
      'refused a: unknown key (and 99 times since the last such line)',
    ]);
  });

  it('keeps a flood from ever new callers to a bounded number of lines a minute', () => {
    const refusals = new Refusals();
    for (let i = 0; i < 10_000; i++) refusals.note(`caller ${i}`, 'unknown key', 1_000);
    expect(lines).toHaveLength(256);
    refusals.note('later', 'unknown key', 70_000);
    expect(lines.at(-1)).toBe('refused later: unknown key');
  });
});

import { jest } from '@jest/globals';
import { Hints } from './hints.js';

describe('hints', () => {
  let calls: number[];
  let hints: Hints;

  beforeEach(() => {
    jest.useFakeTimers();
    calls = [];
    const start = performance.now();
    hints = new Hints(() => calls.push(performance.now() - start));
  });
  afterEach(() => {
    hints.close();
    jest.useRealTimers();
  });

  it('are gathered into one call, soon after the first', () => {
    for (let number = 0; number < 100; number += 1) hints.give();
    jest.advanceTimersByTime(10_000);
    expect(calls).toEqual([200]);
  });

  it('lead to ever fewer calls while they go on, so that two who undo each other keep no host busy', () => {
    const steady = setInterval(() => hints.give(), 50);
    jest.advanceTimersByTime(60_000);
    clearInterval(steady);
    expect(calls.length).toBeLessThan(12);
    const gaps = calls.slice(1).map((call, index) => call - calls[index]!);
    expect(Math.max(...gaps)).toBeLessThan(9_000);
    expect(gaps.at(-1)).toBeGreaterThan(7_900);
  });

  it('are answered at once again after a quiet while', () => {
    hints.give();
    jest.advanceTimersByTime(200);
    hints.give();
    jest.advanceTimersByTime(20_000);
    hints.give();
    jest.advanceTimersByTime(200);
    expect(calls).toHaveLength(3);
  });

  it('are forgotten once closed', () => {
    hints.give();
    hints.close();
    hints.give();
    jest.advanceTimersByTime(10_000);
    expect(calls).toEqual([]);
  });
});

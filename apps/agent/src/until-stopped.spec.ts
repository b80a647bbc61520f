import { jest } from '@jest/globals';
import { untilStopped } from './until-stopped.js';

const AGENTS = 50;
const TIME_MS = 120_000;

describe('what is tried until the agent stops', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is tried ever later after failures, at last every three to five seconds, and by no two agents in step', async () => {
    const stop = new AbortController();
    const started = Date.now();
    const times = Array.from({ length: AGENTS }, () => [] as number[]);
    const loops = times.map((tried) =>
      untilStopped(() => {
        tried.push(Date.now() - started);
        return Promise.reject(new Error('refused'));
      }, stop.signal),
    );
    await jest.advanceTimersByTimeAsync(TIME_MS);
    for (const tried of times) {
      const pauses = tried.slice(1).map((time, n) => time - tried[n]!);
      expect(pauses[0]).toBeGreaterThanOrEqual(200);
      expect(pauses[0]).toBeLessThanOrEqual(401);
      for (const pause of pauses.slice(10)) {
        expect(pause).toBeGreaterThanOrEqual(3_000);
        expect(pause).toBeLessThanOrEqual(5_001);
      }
    }
    // All have begun together; in no half second of the last minute are they together again.
    const perHalfSecond = new Map<number, number>();
    for (const time of times.flat().filter((each) => each > TIME_MS / 2)) {
      const half = Math.floor(time / 500);
      perHalfSecond.set(half, (perHalfSecond.get(half) ?? 0) + 1);
    }
    expect(Math.max(...perHalfSecond.values())).toBeLessThan(AGENTS / 2);
    stop.abort();
    await jest.advanceTimersByTimeAsync(1);
    await Promise.all(loops);
  });

  it('is tried at once after success, and soon again after the first failure then', async () => {
    const stop = new AbortController();
    let tries = 0;
    const loop = untilStopped(() => {
      tries += 1;
      if (tries === 20) stop.abort();
      return tries > 8 ? Promise.resolve() : Promise.reject(new Error('refused'));
    }, stop.signal);
    await jest.advanceTimersByTimeAsync(8 * 5_000);
    await loop;
    expect(tries).toBe(20);
  });
});

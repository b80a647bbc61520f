import { Allowance } from './allowance.js';

describe('probes', () => {
  it('are a few a minute for each caller, and no fewer because others ask', () => {
    const allowance = new Allowance(6, 60_000);
    const taken = (caller: string, now: number) =>
      Array.from({ length: 10 }, () => allowance.take(caller, now));
    expect(taken('one', 0).filter(Boolean)).toHaveLength(6);
    expect(taken('two', 1_000).filter(Boolean)).toHaveLength(6);
    expect(allowance.take('one', 59_999)).toBe(false);
    expect(taken('one', 60_000).filter(Boolean)).toHaveLength(6);
  });

  it('that are refused do not put off the next one', () => {
    const allowance = new Allowance(6, 60_000);
    for (let now = 0; now < 60_000; now += 1_000) allowance.take('one', now);
    expect(allowance.take('one', 60_000)).toBe(true);
  });
});

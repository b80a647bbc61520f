import { PublicationTimes } from './publication-times.js';

describe('publication times', () => {
  it('are told once for each agent and revision', () => {
    const times = new PublicationTimes();
    times.published(7, 100);
    expect(times.acknowledged('a', 7, 140)).toBe(40);
    expect(times.acknowledged('a', 7, 150)).toBeUndefined();
    expect(times.acknowledged('b', 7, 150)).toBe(50);
    expect(times.acknowledged('b', 6, 150)).toBeUndefined();
  });

  it('count from the first that an agent lacks', () => {
    const times = new PublicationTimes();
    times.published(7, 100);
    times.published(8, 200);
    expect(times.behind(6, 300)).toBe(200);
    expect(times.behind(7, 300)).toBe(100);
    expect(times.behind(8, 300)).toBe(0);
  });

  it('remember a bounded number of publications', () => {
    const times = new PublicationTimes();
    for (let revision = 1; revision <= 1_000; revision += 1) times.published(revision, revision);
    expect(times.acknowledged('a', 1, 1_000)).toBeUndefined();
    expect(times.acknowledged('a', 1_000, 1_001)).toBe(1);
  });

  it('are timed anew for an agent that was forgotten', () => {
    const times = new PublicationTimes();
    times.published(7, 100);
    times.acknowledged('a', 7, 140);
    times.keep(new Set());
    expect(times.acknowledged('a', 7, 150)).toBe(50);
  });
});

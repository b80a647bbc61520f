import { Lagging, LAGGING_MS } from './lagging.js';

const at = (revision: number) => ({ id: 'a', name: 'worker-1', revision });

describe('an agent', () => {
  let lagging: Lagging;
  beforeEach(() => (lagging = new Lagging()));

  const look = (revision: number, newest: number, now: number): string => {
    const news = lagging.look([at(revision)], newest, now);
    return [...news.lagging.map(() => 'lagging'), ...news.caughtUp.map(() => 'caught up')].join();
  };

  it('lags when it has not become what there was ten seconds ago, which is said once, and that it is over', () => {
    expect([
      look(1, 2, 0),
      look(1, 2, LAGGING_MS - 1),
      look(1, 3, LAGGING_MS),
      look(1, 3, LAGGING_MS + 1),
    ]).toEqual([...['', '', 'lagging', '']]);
    expect([look(2, 3, 20_000), look(2, 3, 25_000), look(3, 3, 26_000)]).toEqual(['caught up', '', '']);
  });

  it('does not lag while it follows, however fast the network changes', () => {
    for (let second = 0; second < 60; second++) expect(look(second, second + 1, second * 1_000)).toBe('');
  });

  it('is forgotten when it is gone', () => {
    look(1, 2, 0);
    lagging.look([], 2, 5_000);
    expect(look(1, 2, LAGGING_MS)).toBe('');
  });
});

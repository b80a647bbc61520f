import { getEventListeners } from 'node:events';
import { pause } from './pause.js';

describe('a pause', () => {
  const never = 1_000_000;

  it('leaves nothing behind on the signal that could have cut it short', async () => {
    const { signal } = new AbortController();
    for (let times = 0; times < 3; times += 1) await pause(1, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is over as soon as it is cut short, and does not begin when it was before', async () => {
    const stop = new AbortController();
    const paused = pause(never, stop.signal);
    stop.abort();
    await paused;
    await pause(never, stop.signal);
  });
});

import type { FollowEventsResponse } from '#protocol';
import { EventPlace } from './event-place.js';

const sent = (history: string, number: number, missed = 0): FollowEventsResponse => ({
  ...{ history, number, missed },
  event: { timeMs: 0, level: 'warn', event: 'agent.offline', name: 'worker-1', message: 'x' },
});

describe('a reader of events', () => {
  let place: EventPlace;
  beforeEach(() => (place = new EventPlace({ sinceMs: 7, last: 10, follow: true })));

  it('asks at first for what the command line says', () => {
    expect(place.request).toEqual({ sinceMs: 7, last: 10, follow: true, history: '', after: 0 });
    expect(place.isKnown).toBe(false);
  });

  it('goes on where it was after a connection was lost, and says that it does, once', () => {
    expect(place.took(sent('a', 5))).toEqual([]);
    place.lost();
    expect(place.request).toMatchObject({ history: 'a', after: 5 });
    expect([place.took(sent('a', 6)), place.took(sent('a', 7))]).toEqual([['connected again'], []]);
  });

  it('says that an engine has started anew', () => {
    place.took(sent('a', 5));
    place.lost();
    expect(place.took(sent('b', 1))).toEqual([expect.stringContaining('started anew')]);
  });

  it('says how much was missed', () => {
    expect(place.took(sent('a', 50, 3))).toEqual(['3 events missed here: see the log of the engine']);
  });

  it('was never connected before the engine has answered', () => {
    place.lost();
    expect(place.took(sent('a', 1))).toEqual([]);
  });
});

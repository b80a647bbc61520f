import type { Said } from '#log';
import type { FollowEventsResponse } from '#protocol';
import { EventHistory, KEPT } from './event-history.js';
import { EventStream } from './event-stream.js';

const offline = (message: string, timeMs = 0): Said => ({
  ...{ event: 'agent.offline', name: 'worker-1', details: {} },
  message,
  timeMs,
});

function filled(count: number, most?: { readonly events: number; readonly bytes: number }): EventHistory {
  const history = new EventHistory(most);
  for (let number = 1; number <= count; number++) history.add(offline(`event ${number}`, number * 1_000));
  return history;
}

/** A reader with room for so many. */
class Reader {
  readonly got: FollowEventsResponse[] = [];
  constructor(public room: number) {}

  get full(): boolean {
    return this.got.length >= this.room;
  }

  write(response: FollowEventsResponse): void {
    this.got.push(response);
  }

  get told(): (string | number)[] {
    return this.got.flatMap(({ missed, event }) => [
      ...(missed > 0 ? [missed] : []),
      ...(event ? [event.message] : []),
    ]);
  }
}

describe('a stream of events', () => {
  it('says first which history it tells and where it begins, and then what there is', () => {
    const [history, reader] = [filled(2), new Reader(10)];
    expect(new EventStream(history, 1, reader).flush()).toBe(true);
    expect(reader.got).toEqual([
      { history: history.id, number: 1, missed: 0, event: undefined },
      {
        ...{ history: history.id, number: 2, missed: 0 },
        event: { timeMs: 2_000, level: 'warn', event: 'agent.offline', name: 'worker-1', message: 'event 2' },
      },
    ]);
  });

  it('goes on with what happens', () => {
    const [history, reader] = [filled(0), new Reader(10)];
    const stream = new EventStream(history, 0, reader);
    stream.flush();
    history.add(offline('one'));
    stream.flush();
    stream.flush();
    expect(reader.told).toEqual(['one']);
  });

  it('tells a reader that is too slow how much it missed, and keeps nothing for it', () => {
    const [history, reader] = [filled(2, { events: 3, bytes: 10_000 }), new Reader(2)];
    const stream = new EventStream(history, 0, reader);
    expect(stream.flush()).toBe(false);
    for (let number = 3; number <= 10; number++) history.add(offline(`event ${number}`));
    expect(stream.flush()).toBe(false);
    reader.room = 100;
    expect(stream.flush()).toBe(true);
    expect(reader.told).toEqual(['event 1', 6, 'event 8', 'event 9', 'event 10']);
  });
});

describe('the history of events', () => {
  it('keeps a bounded number', () => {
    const history = filled(5_000);
    expect(history.after(0)).toMatchObject({ number: 5_001 - KEPT.events });
    expect(history.last).toBe(5_000);
  });

  it('keeps a bounded number of bytes, whatever events are made of', () => {
    const history = new EventHistory({ events: 1_000, bytes: 10_000 });
    for (let number = 0; number < 100; number++) history.add(offline('x'.repeat(1_000)));
    expect(history.last - history.after(0)!.number).toBeLessThan(5);
    history.add(offline('x'.repeat(100_000)));
    expect(history.after(0)).toBeUndefined();
  });

  it('begins at a moment, with the newest so many, or both', () => {
    const history = filled(10);
    const from = (sinceMs: number, last: number): unknown =>
      history.after(history.begin(sinceMs, last))?.event.message;
    expect([from(0, 0), from(4_500, 0), from(0, 3), from(4_500, 3), from(9_500, 3), from(20_000, 3)]).toEqual(
      [...['event 1', 'event 5', 'event 8', 'event 8', 'event 10', undefined]],
    );
  });
});

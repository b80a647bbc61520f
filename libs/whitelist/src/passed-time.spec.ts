import fc from 'fast-check';
import type { Moment } from './clock.js';
import { DAY_MS } from './expiry-date.js';
import { MOST_OFF_MS, PassedTime, SETTLING_MS, SLACK_MS } from './passed-time.js';

const NOON = Date.UTC(2027, 0, 31, 12);
const HOUR = 3_600_000;

/** A host that has been up for a day. */
function at(timeMs: number, uptimeMs = DAY_MS, bootId = 'one'): Moment {
  return { timeMs, uptimeMs, bootId };
}

function after(...moments: Moment[]): PassedTime {
  const time = new PassedTime();
  for (const moment of moments) time.look(moment);
  return time;
}

describe('time that has passed', () => {
  test('follows a clock that goes as it should, also where it was off for months', () => {
    const time = after(at(NOON), at(NOON + HOUR, DAY_MS + HOUR), at(NOON + 90 * DAY_MS, 5_000, 'two'));
    expect([time.passedMs, time.doubt]).toEqual([NOON + 90 * DAY_MS, undefined]);
  });

  test.each<[string, Moment, RegExp]>([
    ['set ahead by two hours', at(NOON + 2 * HOUR), /ahead of the time since/],
    ['set back by two hours', at(NOON - 2 * HOUR), /behind/],
    ['back in 1970 after a boot', at(60_000, 60_000, 'two'), /behind/],
    ['two hours back after a boot', at(NOON - 2 * HOUR, 60_000, 'two'), /behind/],
    ['years ahead after a boot', at(NOON + 2 * MOST_OFF_MS, 60_000, 'two'), /more than a year ahead/],
    ['standing still for a day', at(NOON, 2 * DAY_MS), /behind/],
    ['behind what this boot alone has taken', at(NOON + HOUR, 2 * DAY_MS, 'two'), /behind/],
  ])('is not taken from a clock that is %s', (_, moment, doubt) => {
    const time = after(at(NOON), moment);
    expect(time.passedMs).toBe(NOON);
    expect(time.doubt).toMatch(doubt);
  });

  test('goes on when a clock that was wrong is right again', () => {
    const time = after(at(NOON), at(NOON + DAY_MS), at(NOON + HOUR, DAY_MS + HOUR));
    expect([time.passedMs, time.doubt]).toEqual([NOON + HOUR, undefined]);
  });

  test.each([0, 1_000, Date.UTC(2000, 0, 1), Date.UTC(2155, 0, 1)])(
    'does not begin with a clock that was never set: %d',
    (timeMs) => {
      const time = after(at(timeMs));
      expect([time.passedMs, time.mark]).toEqual([0, undefined]);
      time.look(at(NOON));
      expect([time.passedMs, time.doubt]).toEqual([NOON, undefined]);
    },
  );

  test('follows a host without a battery that learns the time minutes after its boot, and not later', () => {
    const booted = [at(NOON), at(NOON + 60_000, 10_000, 'two')];
    const days = NOON + 3 * DAY_MS;
    const soon = after(
      ...booted,
      at(days, SETTLING_MS - 1, 'two'),
      at(days + HOUR, SETTLING_MS + HOUR, 'two'),
    );
    expect([soon.passedMs, soon.doubt]).toEqual([days + HOUR, undefined]);
    const late = after(...booted, at(days, SETTLING_MS, 'two'));
    expect(late.doubt).toMatch(/ahead/);
  });

  test('is to be kept seldom, and at the beginning of a day', () => {
    const time = after(at(NOON));
    const kept: number[] = [];
    for (let minute = 1; minute <= 13 * 60; minute += 1) {
      const before = time.mark;
      time.look(at(NOON + minute * 60_000, DAY_MS + minute * 60_000));
      if (time.mark !== before) kept.push(minute);
    }
    expect(kept).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((hour) => hour * 60));
    const evening = after(at(NOON + 11.5 * HOUR), at(NOON + 12 * HOUR, DAY_MS + 0.5 * HOUR));
    expect(evening.mark?.timeMs).toBe(NOON + 12 * HOUR);
  });
});

/** What a host goes through: time passes, somebody sets its clock, it boots, the engine restarts. */
type Event =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'set'; readonly offsetMs: number }
  | { readonly kind: 'boot'; readonly offMs: number }
  | { readonly kind: 'restart' };

const anyEvent = (setting: fc.Arbitrary<number>): fc.Arbitrary<Event> =>
  fc.oneof(
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 3 * HOUR }) }),
    fc.record({ kind: fc.constant('set' as const), offsetMs: setting }),
    fc.record({ kind: fc.constant('boot' as const), offMs: fc.integer({ min: 0, max: 30 * DAY_MS }) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );

interface Seen {
  /** The real time. */
  readonly nowMs: number;
  readonly passedMs: number;
  readonly doubt: string | undefined;
}

/** Looks as the engine does, before and after each event; a restart knows only the mark. */
function live(events: readonly Event[]): Seen[] {
  let [now, bootedAt, boot, offset] = [NOON, NOON - DAY_MS, 0, 0];
  let time = new PassedTime();
  const seen: Seen[] = [];
  const look = (): void => {
    time.look({ timeMs: now + offset, uptimeMs: now - bootedAt, bootId: String(boot) });
    seen.push({ nowMs: now, passedMs: time.passedMs, doubt: time.doubt });
  };
  look();
  for (const event of events) {
    if (event.kind === 'pass') now += event.ms;
    if (event.kind === 'set') offset = event.offsetMs;
    if (event.kind === 'boot') {
      now += event.offMs;
      bootedAt = now;
      boot += 1;
    }
    if (event.kind !== 'pass' && event.kind !== 'set') time = new PassedTime(time.mark);
    look();
  }
  return seen;
}

describe('whatever happens to a clock', () => {
  const wild = fc.integer({ min: -40 * 366 * DAY_MS, max: 40 * 366 * DAY_MS });

  test('a day that is over stays over, also when engine and host start anew', () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent(fc.oneof(wild, fc.integer({ min: -2 * HOUR, max: 2 * HOUR })))),
        (events) => {
          let days = 0;
          for (const { passedMs } of live(events)) {
            const now = Math.floor(passedMs / DAY_MS);
            expect(now).toBeGreaterThanOrEqual(days);
            days = now;
          }
        },
      ),
    );
  });

  test('one that is right is never in doubt, and is followed', () => {
    const slewed = fc.integer({ min: -5_000, max: 5_000 });
    fc.assert(
      fc.property(fc.array(anyEvent(slewed)), (events) => {
        for (const { nowMs, passedMs, doubt } of live(events)) {
          expect(doubt).toBeUndefined();
          expect(Math.abs(passedMs - nowMs)).toBeLessThanOrEqual(10_000);
        }
      }),
    );
  });

  test('one that is set within one boot makes nothing pass much faster than time does', () => {
    const oneBoot = anyEvent(wild).filter(({ kind }) => kind !== 'boot');
    const creeping = fc.record({
      kind: fc.constant('set' as const),
      offsetMs: fc.integer({ min: -SLACK_MS, max: 100 * SLACK_MS }),
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(oneBoot, creeping), { maxLength: 60 }), (events) => {
        for (const { nowMs, passedMs } of live(events)) {
          const elapsed = nowMs - NOON;
          // An hour of slack with each mark: one an hour, and one at the beginning of a day.
          const marks = elapsed / HOUR + (passedMs - NOON) / DAY_MS + 2;
          expect(passedMs - NOON).toBeLessThanOrEqual(elapsed + marks * SLACK_MS);
        }
      }),
    );
  });
});

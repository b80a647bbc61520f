import fc from 'fast-check';
import { Strangers, type StrangerBounds } from './strangers.js';

const BOUNDS: StrangerBounds = { total: 12, perSource: 3, bytes: 1_000, lifeMs: 10_000 };
const quiet = (): number => 0;

type Step =
  | { readonly does: 'enter'; readonly source: number }
  | { readonly does: 'name'; readonly which: number; readonly key: number; readonly admitted: boolean }
  | { readonly does: 'leave' | 'speak'; readonly which: number }
  | { readonly does: 'wait'; readonly ms: number };

const which = fc.nat(200);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant('enter' as const), source: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('name' as const),
      which,
      key: fc.nat(3),
      admitted: fc.boolean(),
    }),
  },
  fc.record({ does: fc.constantFrom('leave' as const, 'speak' as const), which }),
  fc.record({ does: fc.constant('wait' as const), ms: fc.nat(4_000) }),
);

describe('Strangers', () => {
  it('are never more than their bound, and after a look none is over its time or too many of its source', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const strangers = new Strangers<number>(BOUNDS);
        const since = new Map<number, number>();
        let [now, next] = [0, 0];
        for (const one of steps) {
          if (one.does === 'enter') {
            since.set(next, now);
            const gone = strangers.enter(next, `source ${one.source}`, now);
            expect(gone?.visitor).not.toBe(next);
            expect(strangers.has(next)).toBe(true);
            next += 1;
          } else if (one.does === 'name') {
            const gone = strangers.ties(one.which, `key ${one.key}`, one.admitted);
            expect(gone === undefined || gone.visitor !== one.which).toBe(true);
          } else if (one.does === 'wait') now += one.ms;
          else if (one.does === 'leave') strangers.leave(one.which);
          else strangers.spoke(one.which);
          expect(strangers.size).toBeLessThanOrEqual(BOUNDS.total);
        }
        strangers.overdue(now, quiet);
        for (const [visitor, at] of since)
          if (now - at >= BOUNDS.lifeMs) expect(strangers.has(visitor)).toBe(false);
        strangers.overdue(now + 1_000, quiet);
        for (let source = 0; source <= 5; source += 1)
          expect(strangers.of(`source ${source}`)).toBeLessThanOrEqual(BOUNDS.perSource);
        for (let visitor = 0; visitor < next; visitor += 1) strangers.leave(visitor);
        expect(strangers.size).toBe(0);
      }),
    );
  });

  it('let an admitted key that has named itself finish, whatever others do, from the same address or others', () => {
    const others = fc.array(
      fc.record({ source: fc.nat(20), named: fc.option(fc.nat(3), { nil: undefined }), wait: fc.nat(50) }),
      { minLength: 50, maxLength: 300 },
    );
    fc.assert(
      fc.property(others, (crowd) => {
        const strangers = new Strangers<string>(BOUNDS);
        strangers.enter('worker', 'source 0', 0);
        strangers.ties('worker', "worker's key", true);
        let now = 0;
        for (const [number, { source, named, wait }] of crowd.entries()) {
          now = Math.min(now + wait, BOUNDS.lifeMs - 1);
          strangers.enter(`other ${number}`, `source ${source}`, now);
          // Keys that are not admitted; whoever names an admitted one without its secret is gone in the same moment.
          if (named !== undefined) strangers.ties(`other ${number}`, `key ${named}`, false);
          strangers.overdue(now, quiet);
          expect(strangers.has('worker')).toBe(true);
        }
      }),
    );
  });

  it('make room by the oldest of the source that has the most', () => {
    const strangers = new Strangers<string>({ ...BOUNDS, total: 4 });
    for (const [visitor, source] of [
      ['a1', 'a'],
      ['b1', 'b'],
      ['b2', 'b'],
      ['c1', 'c'],
    ] as const)
      strangers.enter(visitor, source, 0);
    expect(strangers.enter('d1', 'd', 0)).toEqual({ visitor: 'b1', source: 'b', reason: 'total' });
    expect(strangers.enter('e1', 'e', 0)).toEqual({ visitor: 'a1', source: 'a', reason: 'total' });
  });

  it('may be more of one source for a second, which an engine that just started needs', () => {
    const strangers = new Strangers<number>(BOUNDS);
    for (let visitor = 0; visitor < 10; visitor += 1) strangers.enter(visitor, 'nat', 0);
    expect(strangers.overdue(999, quiet)).toEqual([]);
    for (let visitor = 0; visitor < 5; visitor += 1) strangers.ties(visitor, `key ${visitor}`, true);
    expect(strangers.overdue(1_000, quiet).map(({ visitor, reason }) => [visitor, reason])).toEqual([
      [5, 'source'],
      [6, 'source'],
    ]);
  });

  it('keep the newest four of a key: of an admitted one for each source', () => {
    const strangers = new Strangers<string>(BOUNDS);
    const enter = (visitor: string, source: string, admitted: boolean): unknown => {
      strangers.enter(visitor, source, 0);
      return strangers.ties(visitor, admitted ? 'admitted' : 'unknown', admitted)?.visitor;
    };
    expect(['1', '2', '3', '4', '5'].map((at) => enter(`u${at}`, `source ${at}`, false)).at(-1)).toBe('u1');
    expect(['1', '2', '3', '4', '5'].map((at) => enter(`a${at}`, 'one', true)).at(-1)).toBe('a1');
    expect(enter('elsewhere', 'another', true)).toBeUndefined();
    for (const at of ['2', '3', '4', '5']) strangers.leave(`u${at}`);
    expect(enter('u6', 'source 6', false)).toBeUndefined();
  });

  it('have their time from their connection, whatever they say, and however slowly they go on', () => {
    const strangers = new Strangers<string>(BOUNDS);
    strangers.enter('silent', 's', 0);
    strangers.enter('slow', 's', 0);
    strangers.enter('later', 's', 1);
    strangers.spoke('slow');
    expect(strangers.overdue(9_999, quiet)).toEqual([]);
    strangers.spoke('slow');
    expect(strangers.overdue(10_000, quiet)).toMatchObject([
      { visitor: 'slow', reason: 'time' },
      { visitor: 'silent', reason: 'time' },
    ]);
  });

  it('go a few at a time, for whatever reason, so that whoever is answered between does not wait', () => {
    const strangers = new Strangers<number>({ ...BOUNDS, total: 1_000 });
    for (let visitor = 0; visitor < 300; visitor += 1) {
      strangers.enter(visitor, `source ${Math.floor(visitor / 100)}`, 0);
      if (visitor >= 100 && visitor < 200) strangers.spoke(visitor);
    }
    const most = (now: number, bytesOf = quiet): number => {
      const looks = [];
      while (looks.at(-1) !== 0) looks.push(strangers.overdue(now, bytesOf).length);
      return Math.max(...looks);
    };
    expect(most(0, () => 1_001)).toBe(8);
    expect(most(1_000)).toBe(8);
    for (let visitor = 300; visitor < 400; visitor += 1) strangers.enter(visitor, `source ${visitor}`, 0);
    expect(most(10_000)).toBe(8);
    expect(strangers.size).toBe(0);
  });

  it('go for their source too while there are always more whose time is over', () => {
    const strangers = new Strangers<number>({ ...BOUNDS, total: 1_000 });
    for (let visitor = 0; visitor < 100; visitor += 1) strangers.enter(visitor, `source ${visitor}`, 0);
    for (let visitor = 100; visitor < 150; visitor += 1) strangers.enter(visitor, 'one', 9_000);
    const gone = strangers.overdue(10_000, quiet);
    expect(gone.filter(({ reason }) => reason === 'time')).toHaveLength(8);
    expect(gone.filter(({ reason }) => reason === 'source')).toHaveLength(2);
  });

  it('go when they have sent too much, and soon when they were refused', () => {
    const strangers = new Strangers<string>(BOUNDS);
    strangers.enter('loud', 's', 0);
    strangers.enter('refused', 's', 0);
    for (const visitor of ['loud', 'refused']) strangers.spoke(visitor);
    strangers.until('refused', 200);
    const gone = strangers.overdue(200, (visitor) => (visitor === 'loud' ? 1_001 : 1_000));
    expect(gone).toMatchObject([
      { visitor: 'loud', reason: 'bytes' },
      { visitor: 'refused', reason: 'time' },
    ]);
  });
});

import { BanyanError } from '#errors';
import { examine, fail, ok, type Check, type Examined } from './check.js';

const check = (name: string, run: () => Promise<ReturnType<typeof ok>>): Check<unknown> => ({
  name,
  about: '',
  mend: '',
  run,
});
const later = <T>(value: T, ms: number): Promise<T> =>
  new Promise((resolve) => setTimeout(resolve, ms, value));

describe('checks', () => {
  it('are told in their order, however long each takes', async () => {
    const told: Examined[] = [];
    const checks = [
      check('slow', () => later(ok('a'), 50)),
      check('quick', () => Promise.resolve(fail('b'))),
    ];
    const all = await examine(checks, {}, (examined) => told.push(examined));
    expect(all).toEqual([
      { check: 'slow', state: 'ok', detail: 'a' },
      { check: 'quick', state: 'fail', detail: 'b' },
    ]);
    expect(told).toEqual(all);
  });

  it('that break or hang are findings, and stop no other', async () => {
    const checks = [
      check('broken', () => Promise.reject(new BanyanError('host', 'no disk', { remedy: 'buy one' }))),
      check('thrown', () => {
        throw new TypeError('odd');
      }),
      check('hung', () => new Promise(() => undefined)),
      check('fine', () => Promise.resolve(ok('fine'))),
    ];
    expect(await examine(checks, {}, () => undefined, 20)).toEqual([
      { check: 'broken', state: 'warn', detail: 'could not be looked at: no disk', remedy: 'buy one' },
      { check: 'thrown', state: 'warn', detail: 'could not be looked at: odd' },
      { check: 'hung', state: 'warn', detail: 'could not be looked at: it took more than 0.02 s' },
      { check: 'fine', state: 'ok', detail: 'fine' },
    ]);
  });
});

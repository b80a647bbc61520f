import fc from 'fast-check';
import { Repeats } from './repeats.js';
import { said, type Said } from './said.js';

const refused = (message: string, name?: string): Said => said('call.refused', message, { name }, 0);
const failed = (message = 'no disk', name?: string): Said => said('network.failed', message, { name }, 0);
const messages = (lines: readonly Said[]): string[] => lines.map(({ message }) => message);

describe('what repeats', () => {
  it('is written once in a minute, and then counted', () => {
    const repeats = new Repeats();
    expect(messages(repeats.pass(failed(), 0))).toEqual(['no disk']);
    for (let second = 1; second < 60; second++) expect(repeats.pass(failed(), second * 1_000)).toEqual([]);
    expect(repeats.next).toBe(60_000);
    expect(repeats.due(60_000)).toMatchObject([
      {
        event: 'network.failed',
        message: '59 more times in 60 s: no disk',
        details: { repeated: 59 },
        timeMs: 60_000,
      },
    ]);
  });

  it('goes on being counted while it goes on, and is news after a minute without it', () => {
    const repeats = new Repeats();
    repeats.pass(failed(), 0);
    repeats.pass(failed(), 50_000);
    expect(messages(repeats.pass(failed(), 61_000))).toEqual(['once more in 61 s: no disk']);
    expect(messages(repeats.due(121_000))).toEqual(['once more in 60 s: no disk']);
    expect(repeats.due(181_000)).toEqual([]);
    expect(messages(repeats.pass(failed(), 181_000))).toEqual(['no disk']);
  });

  it('is not taken for what differs in event, name or words', () => {
    const repeats = new Repeats();
    const all = [
      failed(),
      failed('no wg'),
      failed('no disk', 'worker-1'),
      said('containers.failed', 'no disk', {}, 0),
    ];
    for (const one of all) expect(repeats.pass(one, 0)).toEqual([one]);
  });

  it('is written each time where it is what something has become', () => {
    const repeats = new Repeats();
    const changes = (['agent.offline', 'agent.online', 'agent.offline'] as const).map((event) =>
      said(event, 'x', { name: 'worker-1' }, 0),
    );
    for (const change of changes) expect(repeats.pass(change, 0)).toEqual([change]);
  });

  it('is over when that is said, with its count, and news when it comes again', () => {
    const repeats = new Repeats();
    repeats.pass(failed(), 0);
    repeats.pass(failed(), 1_000);
    const healthy = said('network.healthy', 'well', {}, 0);
    expect(messages(repeats.pass(healthy, 2_000))).toEqual(['once more in 2 s: no disk', 'well']);
    expect(messages(repeats.pass(failed(), 3_000))).toEqual(['no disk']);
  });

  it('keeps a flood from ever new callers to a bounded number of lines, counts the others, and begins anew', () => {
    const repeats = new Repeats();
    const lines = Array.from({ length: 10_000 }, (_, n) => repeats.pass(refused(`caller ${n}`), n)).flat();
    expect(lines).toHaveLength(256);
    expect(messages(repeats.pass(refused('known', 'worker-1'), 10_000))).toEqual(['known']);
    expect(messages(repeats.due(60_256))).toEqual([
      '9744 more times in 60 s: others, which are not told one by one',
    ]);
    expect(messages(repeats.pass(refused('later'), 70_257))).toEqual(['later']);
  });

  it('writes few lines about one name that says ever other words of itself, counts the others, and begins anew', () => {
    const repeats = new Repeats();
    const misnamed = (n: number, name: string): Said =>
      said('agent.misnamed', `calls itself ${n}: its whitelist name counts`, { name }, 0);
    const lines = Array.from({ length: 10_000 }, (_, n) => repeats.pass(misnamed(n, 'worker-1'), n)).flat();
    expect(lines).toHaveLength(16);
    expect(repeats.pass(misnamed(0, 'worker-2'), 10_000)).toHaveLength(1);
    expect(repeats.due(60_016)).toMatchObject([
      {
        event: 'agent.misnamed',
        name: 'worker-1',
        message: '9984 more times in 60 s: others, which are not told one by one',
      },
    ]);
    expect(repeats.pass(misnamed(10_001, 'worker-1'), 70_017)).toHaveLength(1);
  });

  it('loses nothing: all that came is written or counted, in bounded memory', () => {
    const event = fc.constantFrom('call.refused', 'network.failed', 'drift.repaired' as const);
    const name = fc.constantFrom('', 'worker-1', 'worker-2');
    const one = fc.record({ event, name, what: fc.nat(2_000), wait: fc.nat(200) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 3_000, size: 'max' }), (events) => {
        const repeats = new Repeats();
        let now = 0;
        const lines: Said[] = [];
        for (const { event, name, what, wait } of events)
          lines.push(...repeats.pass(said(event, `${what}`, { name }, 0), (now += wait)));
        lines.push(...repeats.flush(now));
        const told = lines.map(({ details }) => (details['repeated'] as number | undefined) ?? 1);
        expect(told.reduce((sum, times) => sum + times, 0)).toBe(events.length);
        expect(repeats.next).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});

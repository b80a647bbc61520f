import { CALLERS, FRESH_MS, QUESTIONS, Rounds } from './rounds.js';

describe('rounds of questions', () => {
  let now = 0;
  let asked: string[];
  let answer: (() => void)[];
  let rounds: Rounds<string>;
  beforeEach(() => {
    [asked, answer, rounds] = [[], [], new Rounds(() => now)];
  });

  const ask = (question: string, caller = { cancelled: false }): Promise<string> =>
    rounds.ask(
      question,
      () => {
        asked.push(question);
        return new Promise((resolve) => answer.push(() => resolve(`${question} ${asked.length}`)));
      },
      caller,
    );
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('are shared by all who ask the same while it is open', async () => {
    const both = [ask('a'), ask('a')];
    answer[0]!();
    expect(await Promise.all(both)).toEqual(['a 1', 'a 1']);
    expect(asked).toEqual(['a']);
  });

  it('come one after another when they differ', async () => {
    const both = [ask('a'), ask('b')];
    await turn();
    expect(asked).toEqual(['a']);
    answer[0]!();
    await both[0];
    await turn();
    answer[1]!();
    expect(await both[1]).toBe('b 2');
  });

  it('serve who asks soon after their end, however long they took', async () => {
    const first = ask('a');
    now += 10 * FRESH_MS;
    answer[0]!();
    await first;
    now += FRESH_MS - 1;
    expect(await ask('a')).toBe('a 1');
    now += 1;
    const second = ask('a');
    answer[1]!();
    expect(await second).toBe('a 2');
  });

  it('are left out when nobody waits for them any more', async () => {
    const gone = { cancelled: false };
    const [first, second, third] = [ask('a'), ask('b', gone), ask('c')];
    gone.cancelled = true;
    const refused = expect(second).rejects.toMatchObject({ kind: 'unavailable' });
    answer[0]!();
    await first;
    await refused;
    await turn();
    expect(asked).toEqual(['a', 'c']);
    answer[1]!();
    await third;
  });

  it('go on after one has failed, and that one is not kept', async () => {
    await expect(
      rounds.ask('a', () => Promise.reject(new Error('no')), { cancelled: false }),
    ).rejects.toThrow('no');
    const next = ask('a');
    answer[0]!();
    expect(await next).toBe('a 1');
  });

  it('are refused to who comes when too many wait, until one of those has gone', async () => {
    const callers = Array.from({ length: QUESTIONS }, () => ({ cancelled: false }));
    const open = callers.map((caller, n) => ask(`${n}`, caller));
    await expect(ask('more')).rejects.toMatchObject({ kind: 'exhausted' });
    callers.at(-1)!.cancelled = true;
    const refused = expect(open.at(-1)).rejects.toMatchObject({ kind: 'unavailable' });
    void ask('more');
    await refused;
    for (let n = QUESTIONS; n < CALLERS; n += 1) void ask('0');
    await expect(ask('0')).rejects.toMatchObject({ kind: 'exhausted' });
  });
});

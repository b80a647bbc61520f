import { Subject } from 'rxjs';
import type { Pong, SyncResponse } from '#protocol';
import type { NetworkService } from '../network/network.service.js';
import { MOST_OPEN, Pings } from './pings.js';

describe('questions for a sign of life', () => {
  let asked: { agentId: string; id: number; publicKey: string }[];
  let pongs: Subject<{ agentId: string; pong: Pong }>;
  let pings: Pings;
  beforeEach(() => {
    asked = [];
    pongs = new Subject();
    const tell = (agentId: string, { message }: SyncResponse): boolean => {
      if (message?.$case !== 'ping') throw new Error('another message');
      asked.push({ agentId, ...message.value });
      return agentId !== 'gone';
    };
    pings = new Pings({ tell, pongs } as unknown as NetworkService);
  });
  afterEach(() => {
    for (const { agentId, id } of asked) pong(agentId, id);
  });

  const pong = (by: string, id: number) => pongs.next({ agentId: by, pong: { id, link: undefined } });

  it('are one for all who ask the same agent the same while it is open', async () => {
    const both = [pings.ping('a', 'key'), pings.ping('a', 'key')];
    const other = pings.ping('a');
    expect(asked).toMatchObject([{ publicKey: 'key' }, { publicKey: '' }]);
    for (const { id } of asked) pong('a', id);
    const [one, two] = await Promise.all(both);
    expect([one === two, one?.link]).toEqual([true, undefined]);
    await other;
    void pings.ping('a', 'key');
    expect(asked).toHaveLength(3);
  });

  it('are answered by the agent that was asked alone', async () => {
    let isAnswered = false;
    const answer = pings.ping('a').then(() => (isAnswered = true));
    pong('b', asked[0]!.id);
    await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
    pong('a', asked[0]!.id);
    await answer;
  });

  it('have no answer from one that is not connected', async () => {
    expect(await pings.ping('gone')).toBeUndefined();
  });

  it('are so many at a time and no more', async () => {
    const open = Array.from({ length: MOST_OPEN }, (_, n) => pings.ping(`${n}`));
    await expect(pings.ping('more')).rejects.toMatchObject({ kind: 'exhausted' });
    pong('0', asked[0]!.id);
    await open[0];
    void pings.ping('more');
    expect(asked.at(-1)!.agentId).toBe('more');
  });
});

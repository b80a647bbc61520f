import { MeasureLinksResponse, PingAgentResponse } from '#protocol';
import { answeredText, answerText, isReached, linksText, pingReport } from './ping-report.js';

const NOW = 10_000_000;
const answer = (roundTripUs: number, said: Partial<PingAgentResponse> = {}) =>
  PingAgentResponse.fromPartial({ state: 'online', channel: 'tunnel', roundTripUs, waitMs: 3_000, ...said });

describe('the answer of an agent', () => {
  it.each([
    ['its round trip and path', answer(2_140), 'worker-1 answers in 2.1 ms (tunnel)'],
    ['that there is none in time', answer(0), 'worker-1 does not answer within 3 s (tunnel)'],
    [
      'that it is offline, and since when',
      answer(0, { state: 'offline', channel: '', lastSeenMs: NOW - 180_000 }),
      'worker-1 is offline: last seen 3 min ago',
    ],
    [
      'that it was never here',
      answer(0, { state: 'offline', channel: '' }),
      'worker-1 is offline: it was never seen',
    ],
    [
      'that it can answer none',
      answer(0, { channel: '' }),
      'worker-1 is online and keeps no stream open: only its heartbeats are heard',
    ],
  ])('says %s', (_, said, text) => {
    expect(answerText('worker-1', said, NOW)).toBe(text);
  });
});

describe('the report of a ping', () => {
  const measured = MeasureLinksResponse.fromPartial({
    links: [
      { from: 'worker-2', state: 'up', roundTripUs: 700, latestHandshakeMs: NOW - 5_000 },
      { from: 'worker-3', state: 'down' },
      { from: 'worker-4', state: 'silent' },
      { from: 'worker-5', state: 'none' },
    ],
    offline: 1,
    leftOut: 2,
  });

  it('is how many were answered and how fast, how others reach the agent, and who was not asked', () => {
    const answers = [answer(3_000), answer(0), answer(1_000)];
    const report = pingReport('worker-1', answers, measured);
    expect(isReached(report)).toBe(true);
    expect(report).toMatchObject({ round_trips_ms: [3, null, 1], links_offline: 1 });
    expect(answeredText(answers)).toBe(
      '2 of 3 answered: 1.0 ms at least, 3.0 ms in the middle, 3.0 ms at most',
    );
    expect(linksText(report, NOW).split('\n')).toEqual([
      '',
      'FROM      LINK     HANDSHAKE  ROUND TRIP',
      'worker-2  up       5 s ago    0.7 ms',
      'worker-3  down     never      -',
      'worker-4  no word  -          -',
      'worker-5  no link  never      -',
      'Not asked: 1 agent offline; 2 agents too many: --from NAME asks one',
    ]);
  });

  it('of an agent that does not answer is that it is not reached', () => {
    const report = pingReport('worker-1', [answer(0)], MeasureLinksResponse.fromPartial({}));
    expect(isReached(report)).toBe(false);
    expect(answeredText([answer(0)])).toBe('0 of 1 answered');
    expect(linksText(report)).toBe('No other agent is there to say how its link to worker-1 is.');
  });
});

import { Link } from '#protocol';
import { Readings } from './readings.js';

describe('the readings of an agent', () => {
  let readings: Readings;
  beforeEach(() => (readings = new Readings()));
  const say = (atMs: number, receivedBytes: number, sentBytes = 0) => {
    const link = Link.fromPartial({ publicKey: 'peer', receivedBytes, sentBytes });
    readings.note('one', { links: [link], leftOut: 0 }, atMs);
  };

  it('tell what a link carries, by two that are apart', () => {
    say(0, 1_000);
    expect(readings.rates('one', 'peer')).toBeUndefined();
    say(2_000, 5_000, 500);
    expect(readings.rates('one', 'peer')).toEqual({ received: 2_000, sent: 250 });
    expect(readings.rates('one', 'other')).toBeUndefined();
  });

  it('tell it also when somebody else asks just after', () => {
    say(0, 0);
    say(1_000, 1_000);
    say(1_010, 1_020);
    expect(readings.rates('one', 'peer')?.received).toBe(1_010);
  });

  it('tell nothing of what was long ago, and nothing negative', () => {
    say(0, 5_000);
    say(1_000, 10);
    expect(readings.rates('one', 'peer')).toEqual({ received: 0, sent: 0 });
    say(100_000, 99_000);
    expect(readings.rates('one', 'peer')).toBeUndefined();
  });

  it('tell nothing that does not fit into a message, whatever the agent says', () => {
    say(0, 0);
    say(301, Number.MAX_SAFE_INTEGER);
    expect(readings.rates('one', 'peer')?.received).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('are those since a moment', () => {
    say(5, 1);
    expect([readings.of('one', 5)?.links.size, readings.of('one', 6), readings.of('two', 0)]).toEqual([
      1,
      undefined,
      undefined,
    ]);
  });
});

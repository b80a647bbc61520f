import fc from 'fast-check';
import type { ActualPeer } from './device.js';
import { HandshakeAges } from './handshake-ages.js';
import { samplePublicKey } from './testing/sample-device.js';

const START = 1_800_000_000_000;
const HOUR = 3_600_000;
const publicKey = samplePublicKey(1);

function heard(latestHandshakeMs?: number): ActualPeer[] {
  const peer = { publicKey, allowedIps: [], receivedBytes: 0, sentBytes: 0 };
  return [latestHandshakeMs === undefined ? peer : { ...peer, latestHandshakeMs }];
}

describe('how long ago a peer was heard', () => {
  let ages: HandshakeAges;
  beforeEach(() => (ages = new HandshakeAges()));
  /** @param steady milliseconds since the first look. @param set by how much the wall clock was set since. */
  const look = (peers: ActualPeer[], steady = 0, set = 0) =>
    ages.look(peers, { wall: START + steady + set, steady }).get(publicKey.text);

  it('is what WireGuard says at first, and grows with time', () => {
    expect(look(heard(START - 5_000))).toBe(5_000);
    expect(look(heard(START - 5_000), 60_000)).toBe(65_000);
    expect(look(heard(START + 61_000), 62_000)).toBe(1_000);
  });

  it('is nothing for one that never was, and starts with its first handshake', () => {
    expect(look(heard())).toBeUndefined();
    expect(look(heard(0))).toBeUndefined();
    expect(look(heard(START + 9_000), 10_000)).toBe(1_000);
  });

  it.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('is the same when the clock is set %s, also for the next handshake', (_, set) => {
    look(heard(START - 5_000));
    expect(look(heard(START - 5_000), 10_000, set)).toBe(15_000);
    expect(look(heard(START + 19_000 + set), 20_000, set)).toBe(1_000);
  });

  it('is no longer than the time since a look that did not show it, though the clock was set just after it', () => {
    look(heard(START - 5_000));
    expect(look(heard(START + 1_000), 10_000, HOUR)).toBe(10_000);
  });

  it('is never in the future, so that a session ends though the clock was set back before the first look', () => {
    expect(look(heard(START + HOUR))).toBe(0);
    expect(look(heard(START + HOUR), 180_000)).toBe(180_000);
  });

  it('is forgotten with the peer', () => {
    look(heard(START - 5_000));
    look([], 1_000);
    expect(look(heard(START - 5_000), 2_000, HOUR)).toBe(HOUR + 7_000);
  });

  it('is right to the time between two looks, whatever the clock does', () => {
    const steps = fc.array(
      fc.record({
        after: fc.integer({ min: 1, max: 60_000 }),
        set: fc.integer({ min: -HOUR, max: HOUR }),
        handshake: fc.boolean(),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const observed = new HandshakeAges();
        let [wall, steady, heardWall, heardSteady, longest] = [START, 0, START, 0, 0];
        observed.look(heard(heardWall), { wall, steady });
        for (const { after, set, handshake } of taken) {
          longest = Math.max(longest, after);
          const half = Math.floor(after / 2);
          wall += half;
          steady += half;
          // WireGuard says no two handshakes at one time.
          if (handshake && wall !== heardWall) [heardWall, heardSteady] = [wall, steady];
          wall += set + after - half;
          steady += after - half;
          const age = observed.look(heard(heardWall), { wall, steady }).get(publicKey.text)!;
          expect(Math.abs(age - (steady - heardSteady))).toBeLessThanOrEqual(longest);
        }
      }),
    );
  });
});

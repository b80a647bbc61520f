import { newKey } from '../../../../libs/whitelist/testing/keys.js';
import type { PublicKey } from '#crypto';
import { Knocks, type Knock } from './knocks.js';

const MINUTE = 60_000;
const from = (address: string, publicKey: PublicKey = newKey()) => ({
  publicKey,
  address,
  path: 'direct' as const,
  role: 'agent' as const,
});
/** By a clock that nobody sets. */
const note = (knocks: Knocks, knock: Knock, now: number): void =>
  knocks.note(knock, { wall: now, steady: now });
const has = (knocks: Knocks, key: PublicKey): boolean =>
  knocks.list().some(({ publicKey }) => publicKey === key);

describe('keys that knocked', () => {
  it('are listed with when, how often and from where last, the last one first', () => {
    const knocks = new Knocks();
    const [one, other] = [newKey(), newKey()];
    note(knocks, from('192.0.2.1', one), 1_000);
    note(knocks, from('192.0.2.2', other), 2_000);
    note(knocks, from('192.0.2.3', one), 3_000);
    expect(knocks.list()).toEqual([
      { ...from('192.0.2.3', one), firstMs: 1_000, lastMs: 3_000, times: 2 },
      { ...from('192.0.2.2', other), firstMs: 2_000, lastMs: 2_000, times: 1 },
    ]);
    knocks.forget(one);
    expect(knocks.list().map(({ publicKey }) => publicKey)).toEqual([other]);
  });

  it('are a hundred at most', () => {
    const knocks = new Knocks();
    for (let host = 0; host < 300; host++) note(knocks, from(`10.1.${host >> 8}.${host & 255}`), host);
    expect(knocks.list()).toHaveLength(100);
  });

  it('stay in spite of a flood from another address, for as long as it goes on', () => {
    const knocks = new Knocks();
    const awaited = newKey();
    note(knocks, from('192.0.2.1', awaited), 0);
    for (let second = 0; second < 3_600; second++) {
      for (let times = 0; times < 3; times++) note(knocks, from('203.0.113.9'), second * 1_000);
    }
    expect(has(knocks, awaited)).toBe(true);
    expect(knocks.list()).toHaveLength(100);
  });

  it('get in during a flood from other addresses that has taken all places', () => {
    const knocks = new Knocks();
    for (let minute = 0; minute < 10; minute++) {
      for (const host of [1, 2, 3, 4]) {
        for (let times = 0; times < 100; times++) note(knocks, from(`203.0.113.${host}`), minute * MINUTE);
      }
    }
    expect(knocks.list()).toHaveLength(100);
    const awaited = newKey();
    note(knocks, from('192.0.2.1', awaited), 11 * MINUTE);
    expect(has(knocks, awaited)).toBe(true);
  });

  it('stay in spite of a flood from their own address, while they come again and again', () => {
    const knocks = new Knocks();
    const awaited = newKey();
    for (let second = 0; second < 3_600; second++) {
      if (second % 10 === 0) note(knocks, from('192.0.2.1', awaited), second * 1_000);
      for (let times = 0; times < 3; times++) note(knocks, from('192.0.2.1'), second * 1_000);
    }
    expect(knocks.list().find(({ publicKey }) => publicKey === awaited)?.times).toBe(360);
  });

  it.each(['2001:db8:1:2::1', '2001:db8:1:2:ffff::1', '2001:db8:1:2:3:4:5:6'])(
    'are from one origin within a /64 of IPv6, as %s',
    (address) => {
      const knocks = new Knocks();
      for (let host = 0; host < 10; host++) note(knocks, from(`2001:db8:1:2::${host}`), 0);
      note(knocks, from(address), 0);
      expect(knocks.list()).toHaveLength(10);
      note(knocks, from('2001:db8:1:3::1'), 0);
      expect(knocks.list()).toHaveLength(11);
    },
  );

  it('are new as often as the time that passed allows, whatever the clock is set to meanwhile', () => {
    const knocks = new Knocks();
    for (let times = 0; times < 10; times++) knocks.note(from('192.0.2.1'), { wall: 1e9, steady: 0 });
    const early = newKey();
    // Set forward by a day: no minute has passed.
    knocks.note(from('192.0.2.1', early), { wall: 1e9 + 1_440 * MINUTE, steady: 1_000 });
    expect(has(knocks, early)).toBe(false);
    const late = newKey();
    // Set back by one: it has.
    knocks.note(from('192.0.2.1', late), { wall: 1e9 - 1_440 * MINUTE, steady: 2 * MINUTE });
    expect(knocks.list()[0]).toMatchObject({ publicKey: late, lastMs: 1e9 - 1_440 * MINUTE });
  });
});

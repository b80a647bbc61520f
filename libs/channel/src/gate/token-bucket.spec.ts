import fc from 'fast-check';
import { SharedBuckets, TokenBucket } from './token-bucket.js';

const times = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 300 });

describe('TokenBucket', () => {
  it('never gives more than its burst and what the time since then is worth', () => {
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        (gaps, perSecond, burst) => {
          const bucket = new TokenBucket({ perSecond, burst });
          let [now, given] = [0, 0];
          for (const gap of gaps) {
            now += gap;
            if (bucket.take(now)) given += 1;
            expect(given).toBeLessThanOrEqual(burst + (now / 1_000) * perSecond + 1e-6);
          }
        },
      ),
    );
  });

  it('gives to whoever keeps to the rate', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 });
    for (let now = 0; now < 60_000; now += 101) expect(bucket.take(now)).toBe(true);
  });

  it('gives no more when its clock is told an earlier time', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 });
    expect([bucket.take(5_000), bucket.take(0), bucket.take(4_999)]).toEqual([true, false, false]);
  });

  it('takes back what did not count', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 1 });
    expect(bucket.take(0)).toBe(true);
    bucket.giveBack();
    expect([bucket.take(0), bucket.take(0)]).toEqual([true, false]);
  });
});

describe('SharedBuckets', () => {
  const each = { perSecond: 1, burst: 5 };

  it('keep one source from using up what another has', () => {
    const buckets = new SharedBuckets(each, { perSecond: 100, burst: 100 });
    for (let i = 0; i < 50; i += 1) buckets.take('flood', 0);
    expect(buckets.take('quiet', 0)).toBe(true);
    expect(buckets.take('flood', 0)).toBe(false);
  });

  it('bound all sources together, and remember no more of them than they may', () => {
    const buckets = new SharedBuckets(each, { perSecond: 1, burst: 20 }, 8);
    let given = 0;
    for (let i = 0; i < 1_000; i += 1) {
      if (buckets.take(`source ${i}`, 0)) given += 1;
      expect(buckets.size).toBeLessThanOrEqual(8);
    }
    expect(given).toBe(20);
  });
});

import { Rescans } from './rescans.js';

const TIMING = { quiet: 5, patience: 40 };

/** A scan that ends when told to. */
function scans() {
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const scan = () =>
    new Promise<number>((resolve) => {
      begun.push(performance.now());
      ends.push(() => resolve(60_000));
    });
  return { begun, ends, rescans: new Rescans(scan, TIMING) };
}

describe('rescans', () => {
  test('asked for during a reading wait for one that begins later, and share it', async () => {
    const { begun, ends, rescans } = scans();
    const first = rescans.now();
    const second = rescans.now();
    const third = rescans.now();
    expect(begun).toHaveLength(1);
    ends[0]!();
    await first;
    expect(begun).toHaveLength(2);
    ends[1]!();
    await Promise.all([second, third]);
    expect(begun).toHaveLength(2);
    await rescans.stop();
  });

  test('read soon after the last of many hints, once', async () => {
    const read = new Promise<void>((resolve) => {
      const rescans: Rescans = new Rescans(() => {
        resolve();
        return rescans.stop().then(() => 0);
      }, TIMING);
      for (let hint = 0; hint < 1000; hint += 1) rescans.hint();
    });
    await read;
  });

  test('read although hints never cease', async () => {
    const started = performance.now();
    let hints: NodeJS.Timeout | undefined;
    const read = new Promise<number>((resolve) => {
      const rescans = new Rescans(() => {
        resolve(performance.now());
        return Promise.resolve(60_000);
      }, TIMING);
      hints = setInterval(() => rescans.hint(), 1);
      rescans.hint();
    });
    expect((await read) - started).toBeGreaterThan(TIMING.quiet);
    clearInterval(hints);
  });

  test('read again after the time that the last reading named', async () => {
    let count = 0;
    await new Promise<void>((resolve) => {
      const rescans = new Rescans(() => {
        count += 1;
        if (count === 3) resolve();
        return Promise.resolve(count < 3 ? 1 : 60_000);
      }, TIMING);
      void rescans.now();
    });
    expect(count).toBe(3);
  });

  test('stop after the reading that is going on', async () => {
    const { begun, ends, rescans } = scans();
    const running = rescans.now();
    const stopped = rescans.stop();
    ends[0]!();
    await Promise.all([running, stopped, rescans.now()]);
    rescans.hint();
    expect(begun).toHaveLength(1);
  });
});

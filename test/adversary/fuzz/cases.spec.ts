import { fuzz } from './cases.js';

/** Longer than any input may keep the process busy. */
const TOO_LONG_MS = 2_100;

describe('a run of cases', () => {
  it('finds an input that keeps the process busy', () => {
    const busyMs = (): number => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1_000;
    };
    const busy = (number: number): void => {
      const since = busyMs();
      while (number === 2 && busyMs() - since < TOO_LONG_MS);
    };
    let number = 0;
    expect(() => fuzz(() => (number += 1), busy, 3)).toThrow(/case 1 .* takes too long/);
  });

  it('blames no input for a machine that stops', () => {
    let number = 0;
    const stop = (): void => {
      number += 1;
      if (number === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TOO_LONG_MS);
    };
    expect(() => fuzz(() => 0, stop, 3)).not.toThrow();
  });
});

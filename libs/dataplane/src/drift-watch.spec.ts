import { jest } from '@jest/globals';
import type { Follow } from '#host';
import { DriftWatch } from './drift-watch.js';

interface Monitor {
  readonly command: string;
  say(): void;
  end(why: string): void;
}

describe('a watch for drift', () => {
  let monitors: Monitor[];
  let said: string[];
  let drifts: number;
  let watch: DriftWatch;

  const follow: Follow = (program, args, onOutput) => {
    const ended = Promise.withResolvers<string>();
    monitors.push({ command: [program, ...args].join(' '), say: onOutput, end: ended.resolve });
    return {
      ended: ended.promise,
      stop: () => {
        ended.resolve('stopped');
        return Promise.resolve();
      },
    };
  };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    [monitors, said, drifts] = [[], [], 0];
    watch = new DriftWatch(follow, () => (drifts += 1), { say: (_, message) => said.push(message) });
  });
  afterEach(async () => {
    await watch.close();
    jest.useRealTimers();
  });

  it('follows the interfaces and the firewall, and calls soon after either says something', async () => {
    expect(monitors.map(({ command }) => command)).toEqual([
      'ip monitor link address route rule',
      'nft monitor',
    ]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(drifts).toBe(0);
    for (const monitor of monitors) monitor.say();
    await jest.advanceTimersByTimeAsync(200);
    expect(drifts).toBe(1);
  });

  it('starts a monitor that ends again, ever later, says so, and looks at what it may have missed', async () => {
    const live = () => monitors.filter(({ command }) => command === 'nft monitor');
    for (let ends = 1; ends <= 4; ends += 1) {
      live().at(-1)!.end('`nft` is gone');
      await jest.advanceTimersByTimeAsync(2 ** (ends - 1) * 1_000);
      expect(live()).toHaveLength(ends + 1);
    }
    expect(new Set(said)).toEqual(
      new Set(['`nft monitor` ended and is started again, changes are noticed later: `nft` is gone']),
    );
    await jest.advanceTimersByTimeAsync(10_000);
    expect(drifts).toBeGreaterThan(0);
  });

  it('ends its monitors and says nothing more when it is closed', async () => {
    monitors[0]!.say();
    await watch.close();
    for (const monitor of monitors) monitor.say();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(drifts).toBe(0);
    expect(monitors).toHaveLength(2);
    expect(said).toEqual([]);
  });
});

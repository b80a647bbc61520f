import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** One moment, by the clock that can be set and by the one that cannot. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** Milliseconds since the boot of the host, time of sleep included. */
  readonly uptimeMs: number;
  /** Tells one boot from another. */
  readonly bootId: string;
}

export type Clock = () => Moment;

export const systemClock: Clock = () => ({
  timeMs: Date.now(),
  uptimeMs: uptime() * 1_000,
  bootId: (bootId ??= readBootId()),
});

let bootId: string | undefined;

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

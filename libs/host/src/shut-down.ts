import { awaitedNow } from './awaited.js';

export interface ShutDownOptions {
  /** Milliseconds; less than systemd and people wait before they kill. */
  readonly limit: number;
  /** As in `StopSignals`: whoever sends it does not want to wait. */
  readonly impatience: Promise<string>;
  readonly say: (sentence: string) => void;
  readonly exit?: (code: 1) => void;
}

/**
 * Waits for a service to end, but not for ever: after the limit or a second signal it says what it was waiting
 * for, and ends the process with 1.
 */
export async function shutDown(work: () => Promise<void>, options: ShutDownOptions): Promise<void> {
  const { limit, impatience, say, exit = (code) => process.exit(code) } = options;
  let over = false;
  const leave = (why: string): void => {
    if (over) return;
    end();
    const awaited = awaitedNow();
    say(`${why}: ended while waiting for ${awaited.length === 0 ? 'its last steps' : awaited.join(', ')}`);
    exit(1);
  };
  const timer = setTimeout(() => leave(`not stopped within ${limit / 1000} s`), limit);
  const end = (): void => {
    over = true;
    clearTimeout(timer);
  };
  void impatience.then((signal) => leave(`${signal} again`));
  try {
    await work();
  } finally {
    end();
  }
}

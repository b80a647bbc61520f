/** What asks this process to stop. */
export interface StopSignals {
  /** Settles with SIGTERM or SIGINT, whichever comes first. */
  readonly first: Promise<string>;
  /** Settles with the one that somebody sends who does not want to wait any longer. */
  readonly second: Promise<string>;
}

/** timeout(1) sends its signal to its child and then to the group that the child is in: that is one wish. */
const ONE_WISH_MS = 500;

/**
 * Listens for the signals that ask this process to stop.
 *
 * The listeners stay: signal-exit, which execa has listening while it runs a program, ends the process at once
 * when it finds no listener left but its own.
 */
export function stopSignals(): StopSignals {
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  let since: number | undefined;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      const now = performance.now();
      since ??= now;
      first.resolve(name);
      if (now - since > ONE_WISH_MS) second.resolve(name);
    });
  }
  return { first: first.promise, second: second.promise };
}

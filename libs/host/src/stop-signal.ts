/**
 * The signal that asks this process to stop, SIGTERM or SIGINT, once it comes.
 *
 * The listeners stay: signal-exit, which execa has listening while it runs a program, ends the process at once
 * when it finds no listener left but its own.
 */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(name));
  });
}

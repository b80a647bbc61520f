/** Waits so many milliseconds, or until it is cut short. */
export function pause(milliseconds: number, cut: AbortSignal): Promise<void> {
  if (cut.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      // Of a signal that lasts as long as a service, each would stay.
      cut.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    cut.addEventListener('abort', over);
  });
}

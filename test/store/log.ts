/** A log that keeps what it was told. */
export function recordingLog() {
  const lines: string[] = [];
  const take = (message: unknown) => void lines.push(String(message));
  return { lines, log: take, warn: take, error: take };
}

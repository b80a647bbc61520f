import type { Log } from '#log';

/** A log that keeps what it was told. */
export function recordingLog() {
  const lines: string[] = [];
  const say: Log['say'] = (_, message) => void lines.push(message);
  return { lines, say };
}

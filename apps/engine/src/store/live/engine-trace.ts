/** Below it each engine that uses the store has an entry of its own. */
export const LIVE_PREFIX = 'engine/live/';

/** Who is behind an entry: for messages, and nothing is decided by it. */
export interface EngineTrace {
  readonly host: string;
  readonly pid: number;
  /** Milliseconds since 1970, by the clock of that host. */
  readonly startedAtMs: number;
}

export function encodeTrace({ host, pid, startedAtMs }: EngineTrace): string {
  return JSON.stringify({ host, pid, startedAtMs });
}

/** As it is put into messages; of an entry that is not ours, only that it is there. */
export function shownTrace(value: string): string {
  try {
    const { host, pid, startedAtMs } = JSON.parse(value) as Record<string, unknown>;
    const isHost = typeof host === 'string' && /^[A-Za-z0-9._-]{1,253}$/.test(host);
    const since = new Date(startedAtMs as number);
    if (isHost && Number.isSafeInteger(pid) && !Number.isNaN(since.getTime())) {
      return `process ${pid as number} on ${host}, started ${since.toISOString()}`;
    }
  } catch {
    // Said below.
  }
  return 'one that does not say which';
}

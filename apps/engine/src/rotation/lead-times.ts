/** What reading and writing so many messages may take, and a busy host to wake up, milliseconds. */
const MARGIN_MS = 50;

/**
 * When everybody changes over, so that the message has reached the farthest by then, and what each of them is told:
 * the time from its arrival there.
 *
 * @param ways there and back, milliseconds, by agent.
 */
export function leadTimes(ways: ReadonlyMap<string, number>): {
  readonly lead: number;
  readonly inMs: ReadonlyMap<string, number>;
} {
  const lead = Math.max(0, ...ways.values()) / 2 + MARGIN_MS;
  return { lead, inMs: new Map(Array.from(ways, ([id, way]) => [id, Math.round(lead - way / 2)])) };
}

import { append, ORIGIN, type ChainEnd } from '../chain.js';
import { subnetReleased } from '../events.js';

/** Lines of a chain, as the engine would write them, and its head. */
export function sampleLog(
  count: number,
  from: ChainEnd = ORIGIN,
  name = 'worker',
): { lines: string[]; head: ChainEnd } {
  const lines: string[] = [];
  let head = from;
  for (let index = 0; index < count; index++) {
    const time = new Date(1_800_000_000_000 + index * 1_000).toISOString();
    const next = append(head, { ...subnetReleased(`${name}-${index}`, `10.201.${index}.0/24`), time });
    lines.push(next.line);
    head = next.end;
  }
  return { lines, head };
}

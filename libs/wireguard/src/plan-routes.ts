import type { Change, Cidr, Route } from './device.js';

/**
 * Route changes, removals first: one destination has one route, so a route with another source is replaced.
 *
 * @param removed addresses the same plan takes off: the kernel drops routes with such a source by itself
 *   (fib_sync_down_addr), so those are taken off and added again rather than believed to be there.
 */
export function planRoutes(
  desired: readonly Route[],
  actual: readonly Route[],
  removed: readonly Cidr[],
): Change[] {
  const lost = new Set(removed.map((address) => address.slice(0, address.indexOf('/'))));
  const wanted = new Set(desired.map(textOf));
  const kept = new Set<string>();
  const changes: Change[] = [];
  for (const route of actual) {
    const loses = route.source !== undefined && lost.has(route.source);
    if (wanted.has(textOf(route)) && !loses) {
      kept.add(textOf(route));
      continue;
    }
    const reason = loses
      ? `its source address ${route.source} is removed`
      : 'it is not a route of this interface';
    changes.push({ kind: 'remove-route', route, reason });
  }
  for (const route of desired) {
    if (!kept.has(textOf(route)))
      changes.push({ kind: 'add-route', route, reason: 'the interface lacks it' });
  }
  return changes;
}

function textOf({ destination, source }: Route): string {
  return source === undefined ? destination : `${destination} src ${source}`;
}

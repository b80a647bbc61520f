import type { Change, Route } from '../device.js';
import { canonicalAddress, canonicalIp, canonicalNetwork } from '../prefix.js';

export type IpChange = Extract<
  Change,
  { kind: 'set-mtu' | 'set-up' | 'add-address' | 'remove-address' | 'add-route' | 'remove-route' }
>;

/** Marks routes as ours in `ip route` (rtnetlink(7), rtm_protocol): a number that no routing daemon has. */
export const ROUTE_PROTOCOL = 201;

/**
 * One line for `ip -batch` (ip(8)). Every value is parsed again, so that none can end its line.
 *
 * A route is added, never replaced: `ip route replace` would take a destination from another interface.
 */
export function ipBatchLine(name: string, change: IpChange): string {
  switch (change.kind) {
    case 'set-mtu':
      return `link set dev ${name} mtu ${Math.trunc(change.mtu)}`;
    case 'set-up':
      return `link set dev ${name} up`;
    case 'add-address':
      return `address replace ${canonicalAddress(change.address)} dev ${name}`;
    case 'remove-address':
      return `address delete ${canonicalAddress(change.address)} dev ${name}`;
    case 'add-route':
      return `route add ${routeText(name, change.route)} proto ${ROUTE_PROTOCOL}`;
    case 'remove-route':
      return `route delete ${routeText(name, change.route)}`;
  }
}

function routeText(name: string, { destination, source }: Route): string {
  const route = `${canonicalNetwork(destination)} dev ${name}`;
  return source === undefined ? route : `${route} src ${canonicalIp(source)}`;
}

export interface BatchFailure {
  /** Index of the failed line, from 0. */
  readonly index: number;
  readonly message: string;
}

/** The lines that `ip -force -batch -` says failed: a message, then `Command failed -:N`. */
export function parseBatchFailures(stderr: string): BatchFailure[] {
  const failures: BatchFailure[] = [];
  let said: string[] = [];
  for (const line of stderr.split('\n').map((text) => text.trim())) {
    const number = /^Command failed -:([0-9]+)$/.exec(line)?.[1];
    if (number === undefined) {
      if (line !== '') said.push(line);
      continue;
    }
    failures.push({ index: Number(number) - 1, message: said.join('; ') || 'no reason given' });
    said = [];
  }
  return failures;
}

/** Whether the failure says that what should be removed is not there, which is what removing it is for. */
export function isAlreadyGone(change: IpChange, message: string): boolean {
  return (
    (change.kind === 'remove-route' || change.kind === 'remove-address') &&
    /No such process|Cannot assign requested address|Address not found/.test(message)
  );
}

import type { ActualDevice, Change, DesiredDevice } from './device.js';
import { canonicalDevice } from './desired.js';
import { planPeers } from './plan-peers.js';
import { planRoutes } from './plan-routes.js';

/**
 * The steps from what is to what should be, each with its reason; none when nothing differs. Pure: it can be
 * shown instead of applied. An endpoint that is named and differs is a change, so name one only when it
 * should be set: WireGuard's own roaming is better informed.
 *
 * Order: a peer that goes frees its allowed IPs before another takes them; an address comes before another
 * goes, because an interface that loses its last IPv4 address loses every IPv4 route (fib_disable_ip); routes
 * need the interface up.
 *
 * @param actual undefined when there is no such interface.
 * @throws BanyanError `invalid` when `desired` contradicts itself or has a value that is not what it should be.
 */
export function plan(desired: DesiredDevice, actual: ActualDevice | undefined): Change[] {
  const wanted = canonicalDevice(desired);
  const removed = (actual?.addresses ?? []).filter((address) => !wanted.addresses.includes(address));
  return [
    ...(actual ? [] : [{ kind: 'create', reason: `there is no interface ${wanted.name}` } as const]),
    ...planInterface(wanted, actual),
    ...planAddresses(wanted, actual, removed),
    ...planPeers(wanted.peers, actual?.peers ?? []),
    ...(actual?.up
      ? []
      : [{ kind: 'set-up', reason: actual ? 'the interface is down' : 'a new interface is down' } as const]),
    ...planRoutes(wanted.routes, actual?.up ? actual.routes : [], removed),
  ];
}

function planInterface(wanted: DesiredDevice, actual: ActualDevice | undefined): Change[] {
  const changes: Change[] = [];
  const key = wanted.privateKey.publicKey;
  if (!actual?.publicKey?.equals(key)) {
    const reason = actual?.publicKey
      ? `the interface has the key ${actual.publicKey.text}, not ${key.text}`
      : 'the interface has no key';
    changes.push({ kind: 'set-key', reason });
  }
  if (wanted.listenPort !== undefined && wanted.listenPort !== actual?.listenPort) {
    const reason = actual
      ? `the interface listens on UDP port ${actual.listenPort}`
      : 'a new interface picks any port';
    changes.push({ kind: 'set-listen-port', port: wanted.listenPort, reason });
  }
  if (wanted.mtu !== actual?.mtu) {
    const reason = actual ? `the MTU is ${actual.mtu}` : 'a new interface has a default MTU';
    changes.push({ kind: 'set-mtu', mtu: wanted.mtu, reason });
  }
  return changes;
}

function planAddresses(
  wanted: DesiredDevice,
  actual: ActualDevice | undefined,
  removed: readonly string[],
): Change[] {
  const missing = wanted.addresses.filter((address) => !actual?.addresses.includes(address));
  return [
    ...missing.map(
      (address) => ({ kind: 'add-address', address, reason: 'the interface lacks it' }) as const,
    ),
    ...removed.map(
      (address) => ({ kind: 'remove-address', address, reason: 'it is not one of this interface' }) as const,
    ),
  ];
}

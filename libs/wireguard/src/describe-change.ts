import type { PublicKey } from '#crypto';
import type { Change, Route } from './device.js';

/** The display name of whom a key belongs to; undefined: nobody knows. */
export type NameOf = (key: PublicKey) => string | undefined;

/** A change as an order to somebody: `add the address 10.200.0.1/32`. Without the reason. */
export function describeChange(change: Change, nameOf: NameOf = () => undefined): string {
  const shown = (key: PublicKey): string => nameOf(key) ?? key.text;
  switch (change.kind) {
    case 'create':
      return 'create the interface';
    case 'set-key':
      return 'set the private key';
    case 'set-listen-port':
      return `listen on UDP port ${change.port}`;
    case 'set-mtu':
      return `set the MTU to ${change.mtu}`;
    case 'set-up':
      return 'bring the interface up';
    case 'add-address':
      return `add the address ${change.address}`;
    case 'remove-address':
      return `remove the address ${change.address}`;
    case 'add-route':
      return `add the route to ${route(change.route)}`;
    case 'remove-route':
      return `remove the route to ${route(change.route)}`;
    case 'add-peer':
      return `add the peer ${shown(change.peer.publicKey)}`;
    case 'update-peer':
      return `change the peer ${shown(change.peer.publicKey)}`;
    case 'remove-peer':
      return `remove the peer ${shown(change.publicKey)}`;
  }
}

function route({ destination, source }: Route): string {
  return source === undefined ? destination : `${destination} from ${source}`;
}

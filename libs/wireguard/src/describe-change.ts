import type { Change, Route } from './device.js';

/** A change as an order to somebody: `add the address 10.200.0.1/32`. Without the reason. */
export function describeChange(change: Change): string {
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
      return `add the peer ${change.peer.publicKey.text}`;
    case 'update-peer':
      return `change the peer ${change.peer.publicKey.text}`;
    case 'remove-peer':
      return `remove the peer ${change.publicKey.text}`;
  }
}

function route({ destination, source }: Route): string {
  return source === undefined ? destination : `${destination} from ${source}`;
}

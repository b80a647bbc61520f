import type { ActualDevice, ActualPeer, Change, DesiredDevice, DesiredPeer, Route } from '../device.js';

/** As the kernel makes it: the port is any, the MTU WireGuard's default. */
function created(name: string): ActualDevice {
  return {
    name,
    implementation: 'kernel',
    listenPort: 40_000,
    up: false,
    addresses: [],
    mtu: 1420,
    peers: [],
    routes: [],
  };
}

/**
 * What one change makes of a device, with WireGuard's own side effects. Strict: a change that no plan for
 * this device would hold is a fault of the caller and throws a plain Error.
 */
export function changed(
  device: ActualDevice | undefined,
  desired: DesiredDevice,
  change: Change,
): ActualDevice {
  if (change.kind === 'create') {
    if (device) throw new Error(`create: ${desired.name} exists already`);
    return created(desired.name);
  }
  if (!device) throw new Error(`${change.kind}: there is no ${desired.name}`);
  switch (change.kind) {
    case 'set-key':
      return { ...device, publicKey: desired.privateKey.publicKey };
    case 'set-listen-port':
      return { ...device, listenPort: change.port };
    case 'set-mtu':
      return { ...device, mtu: change.mtu };
    case 'set-up':
      return { ...device, up: true };
    case 'add-address':
      return { ...device, addresses: [...device.addresses, absent(device.addresses, change.address)] };
    case 'remove-address':
      return withoutAddress(device, change.address);
    case 'add-route':
      return { ...device, routes: withRoute(device, change.route) };
    case 'remove-route':
      // One that went with its source address is gone already.
      return { ...device, routes: device.routes.filter((route) => !sameRoute(route, change.route)) };
    case 'add-peer':
      if (find(device, change.peer))
        throw new Error(`add-peer: ${change.peer.publicKey.text} exists already`);
      return { ...device, peers: withPeer(device, change.peer) };
    case 'update-peer':
      if (!find(device, change.peer))
        throw new Error(`update-peer: there is no ${change.peer.publicKey.text}`);
      return { ...device, peers: withPeer(device, change.peer) };
    case 'remove-peer':
      if (!find(device, change)) throw new Error(`remove-peer: there is no ${change.publicKey.text}`);
      return { ...device, peers: device.peers.filter((peer) => !peer.publicKey.equals(change.publicKey)) };
  }
}

/** Replaces the peer's allowed IPs, taking them from whoever has them; the rest stays unless named. */
function withPeer(
  device: ActualDevice,
  { publicKey, endpoint, allowedIps, persistentKeepalive }: DesiredPeer,
): ActualPeer[] {
  const taken = new Set(allowedIps);
  const others = device.peers
    .filter((peer) => !peer.publicKey.equals(publicKey))
    .map((peer) => ({ ...peer, allowedIps: peer.allowedIps.filter((network) => !taken.has(network)) }));
  const { persistentKeepalive: _, ...before } = find(device, { publicKey }) ?? {
    receivedBytes: 0,
    sentBytes: 0,
  };
  const peer = {
    ...before,
    publicKey,
    allowedIps,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(persistentKeepalive === undefined ? {} : { persistentKeepalive }),
  };
  return [...others, peer];
}

/** The kernel drops the routes that have the address as their source. */
function withoutAddress(device: ActualDevice, address: string): ActualDevice {
  if (!device.addresses.includes(address)) throw new Error(`remove-address: there is no ${address}`);
  const [ip] = address.split('/');
  return {
    ...device,
    addresses: device.addresses.filter((other) => other !== address),
    routes: device.routes.filter(({ source }) => source !== ip),
  };
}

function withRoute(device: ActualDevice, route: Route): Route[] {
  if (!device.up) throw new Error(`add-route: ${device.name} is down`);
  if (device.routes.some(({ destination }) => destination === route.destination)) {
    throw new Error(`add-route: there is a route to ${route.destination} already`);
  }
  return [...device.routes, route];
}

function absent(addresses: readonly string[], address: string): string {
  if (addresses.includes(address)) throw new Error(`add-address: ${address} is there already`);
  return address;
}

function find(device: ActualDevice, { publicKey }: Pick<DesiredPeer, 'publicKey'>): ActualPeer | undefined {
  return device.peers.find((peer) => peer.publicKey.equals(publicKey));
}

function sameRoute(a: Route, b: Route): boolean {
  return a.destination === b.destination && a.source === b.source;
}

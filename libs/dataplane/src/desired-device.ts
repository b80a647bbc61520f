import type { Network, NetworkPeer } from '#network';
import type { DesiredDevice, Endpoint } from '#wireguard';
import type { DesiredDataPlane } from './data-plane.js';
import { INTERFACE, KEEPALIVE } from './names.js';
import { gatewayOf } from './plan-bridge.js';

export interface Judgement {
  /** The endpoint to set; undefined: leave alone the one there is. */
  readonly endpointFor: (peer: NetworkPeer) => Endpoint | undefined;
  /** Whether the peer's subnet may be routed to it. */
  readonly mayRoute: (peer: NetworkPeer) => boolean;
}

/** Says nothing that would open anything. */
export const CLOSED: Judgement = { endpointFor: () => undefined, mayRoute: () => false };

/**
 * `banyan-wg` of this agent. It has no address: the host speaks to other hosts' containers from its gateway, as
 * every route says, because from an address of its LAN they could not answer it.
 */
export function desiredDevice(
  { network, privateKey, listenPort, mtu }: DesiredDataPlane,
  { endpointFor, mayRoute }: Judgement,
): DesiredDevice {
  const { subnet: own, peers }: Network = network;
  const source = gatewayOf(own);
  return {
    name: INTERFACE,
    privateKey,
    listenPort,
    portSetting: 'agent.wg_port',
    mtu,
    addresses: [],
    peers: peers.map((peer) => {
      const endpoint = endpointFor(peer);
      return {
        publicKey: peer.publicKey,
        allowedIps: [peer.subnet.text],
        persistentKeepalive: KEEPALIVE,
        ...(endpoint === undefined ? {} : { endpoint }),
      };
    }),
    routes: peers.filter(mayRoute).map(({ subnet }) => ({ destination: subnet.text, source })),
  };
}

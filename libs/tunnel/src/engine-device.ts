import { ENGINE_TUNNEL_ADDRESS, TUNNEL_NETWORK, type PrivateKey } from '#crypto';
import type { DesiredDevice } from '#wireguard';
import type { Peers } from './peers.js';
import { INTERFACE } from './wg-control.js';

export interface EngineEnd {
  readonly privateKey: PrivateKey;
  /** UDP. */
  readonly listenPort: number;
  readonly mtu: number;
  readonly peers: Peers;
}

/**
 * `wg-control` of the engine. One route for the whole network, not one a peer: nobody else may have a part of
 * it (foreign-network.ts), allowed IPs already decide which peer an address is, so that a packet to none of
 * them goes nowhere; and admitting or revoking a key then changes a peer and no routing table, where ten
 * thousand routes would be read back at every pass.
 */
export function engineDevice({ privateKey, listenPort, mtu, peers }: EngineEnd): DesiredDevice {
  return {
    name: INTERFACE,
    privateKey,
    listenPort,
    portSetting: 'engine.wg_listen_port',
    addresses: [`${ENGINE_TUNNEL_ADDRESS}/32`],
    mtu,
    peers: [...peers.values()],
    routes: [{ destination: TUNNEL_NETWORK }],
  };
}

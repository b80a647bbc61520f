import { nftables, type Firewall } from '#firewall';
import { exclusively, type Exclusively, type Run } from '#host';
import { systemDevices, type WireguardDevices } from '#wireguard';
import type { HostNetwork } from '../host-network.js';
import { ipNetwork } from './ip-network.js';

const LOCK = '/run/banyan/wg-control.lock';

/** What a tunnel needs of the host it is on. */
export interface TunnelHost {
  readonly devices: WireguardDevices;
  readonly firewall: Firewall;
  readonly network: HostNetwork;
  readonly exclusively: Exclusively;
}

/** This host. */
export function systemTunnelHost(run: Run): TunnelHost {
  return {
    devices: systemDevices({ run }),
    firewall: nftables(run),
    network: ipNetwork(run),
    exclusively: exclusively(LOCK, 'the control tunnel'),
  };
}

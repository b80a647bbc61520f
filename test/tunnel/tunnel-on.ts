import { nftables } from '#firewall';
import { Turns, type Run } from '#host';
import { systemDevices } from '#wireguard';
import type { TunnelHost } from '#tunnel';
import { ipNetwork } from '../../libs/tunnel/src/system/ip-network.js';
import type { Host } from '../lab/index.js';
import { runOn } from '../wireguard/run-on.js';

/** A test host as {@link systemTunnelHost} is this one; the lock, a file, is between the tunnels of one test. */
export function tunnelHostOn(host: Host, run: Run = runOn(host)): TunnelHost {
  const turns = new Turns();
  return {
    devices: systemDevices({ run }),
    firewall: nftables(run),
    network: ipNetwork(run),
    exclusively: (work) => turns.take(work),
  };
}

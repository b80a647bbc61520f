import { nftables } from '#firewall';
import { systemDevices } from '#wireguard';
import type { Log, TunnelHost } from '#tunnel';
import { ipNetwork } from '../../libs/tunnel/src/system/ip-network.js';
import { Turns } from '../../libs/tunnel/src/turns.js';
import type { Host } from '../lab/index.js';
import { runOn } from '../wireguard/run-on.js';

/** A test host as {@link systemTunnelHost} is this one; the lock, a file, is between the tunnels of one test. */
export function tunnelHostOn(host: Host, environment: NodeJS.ProcessEnv = process.env): TunnelHost {
  const run = runOn(host);
  const turns = new Turns();
  return {
    devices: systemDevices({ run, environment }),
    firewall: nftables(run),
    network: ipNetwork(run),
    exclusively: (work) => turns.take(work),
  };
}

/** Keeps what was said. */
export class Notes implements Log {
  readonly lines: string[] = [];
  info = (message: string): void => void this.lines.push(`info ${message}`);
  warn = (message: string): void => void this.lines.push(`warn ${message}`);
  error = (message: string): void => void this.lines.push(`error ${message}`);
}

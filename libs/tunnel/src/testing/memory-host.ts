import { Turns } from '#host';
import type { EventName, Log } from '#log';
import { MemoryFirewall } from '../../../firewall/src/testing/memory-firewall.js';
import { MemoryDevices } from '../../../wireguard/src/testing/memory-devices.js';
import type { TunnelHost } from '../system/tunnel-host.js';
import { MemoryNetwork } from './memory-network.js';

/** A host that exists in memory. Several tunnels on it are several roles, or several runs of one. */
export class MemoryHost implements TunnelHost {
  readonly devices = new MemoryDevices();
  readonly firewall = new MemoryFirewall();
  readonly network = new MemoryNetwork();
  readonly #turns = new Turns();
  readonly exclusively: TunnelHost['exclusively'] = (work) => this.#turns.take(work);
}

/** Keeps what was said, as `drift.repaired: …`. */
export class Notes implements Log {
  readonly lines: string[] = [];
  readonly say = (event: EventName, message: string): void => void this.lines.push(`${event}: ${message}`);
}

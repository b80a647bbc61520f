import { join } from 'node:path';
import { nftables, tableRecord, type Firewall } from '#firewall';
import { exclusively, type Exclusively, type Follow, type Run } from '#host';
import { systemDevices, type WireguardDevices } from '#wireguard';
import type { DockerUser } from '../docker/docker-user.js';
import { iptables } from '../docker/iptables.js';
import type { GuardStore } from '../guard.js';
import type { HostNetwork } from '../host-network.js';
import type { Kernel } from '../kernel-settings.js';
import { greet } from './greet.js';
import { forwardingRecord, type ForwardingRecord } from './forwarding-record.js';
import { guardFiles } from './guard-files.js';
import { ipNetwork } from './ip-network.js';
import { sysctl } from './sysctl.js';

const LOCK = '/run/banyan/data-plane.lock';

/** What the data plane needs of the host it is on. */
export interface DataPlaneHost {
  readonly devices: WireguardDevices;
  readonly firewall: Firewall;
  readonly network: HostNetwork;
  readonly kernel: Kernel;
  readonly forwarding: ForwardingRecord;
  readonly guard: GuardStore;
  readonly docker: DockerUser;
  readonly follow: Follow;
  /** Sends something to each of these addresses; nobody waits for it. */
  readonly greet: (addresses: readonly string[]) => void;
  readonly exclusively: Exclusively;
}

/** This host. @param stateDir the agent's own. */
export function systemDataPlaneHost(run: Run, follow: Follow, stateDir: string): DataPlaneHost {
  return {
    follow,
    greet,
    devices: systemDevices({ run }),
    firewall: nftables(run, tableRecord(join(stateDir, 'firewall-tables'))),
    network: ipNetwork(run),
    kernel: sysctl(run),
    forwarding: forwardingRecord(stateDir),
    guard: guardFiles(stateDir),
    docker: iptables(run),
    exclusively: exclusively(LOCK, 'the container network'),
  };
}

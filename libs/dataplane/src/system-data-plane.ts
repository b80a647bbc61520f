import { follow as followHere, type Follow, type Run } from '#host';
import type { Log } from '#log';
import type { DataPlane } from './data-plane.js';
import { HostDataPlane } from './host-data-plane.js';
import { systemDataPlaneHost } from './system/data-plane-host.js';

export interface SystemDataPlaneOptions {
  readonly run: Run;
  /** Absent: programs of this host. */
  readonly follow?: Follow;
  /** The agent's own directory; made when needed. */
  readonly stateDir: string;
  readonly log: Log;
}

/** The data plane of this host. */
export function systemDataPlane({
  run,
  follow = followHere,
  stateDir,
  log,
}: SystemDataPlaneOptions): DataPlane {
  return new HostDataPlane(systemDataPlaneHost(run, follow, stateDir), log);
}

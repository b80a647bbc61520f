/**
 * Test hosts: machines of a kind, made of Linux namespaces, on a network of their own.
 *
 * A host has its own interfaces, processes, host name, `/run`, `/etc` and `/var/lib`; everything else it
 * shares with the machine, read as it is. Nothing a lab makes has a name outside it (no `ip netns`, no
 * interface, no temporary directory), and every host ends when the process that made it ends, however
 * that happens. Not here: anything that knows Banyan's programs, and anything of a test framework:
 * `scripts/demo` stands on this too.
 */
export { Lab, type Family } from './lab.js';
export type { Host } from './host.js';
export type { Account, Ended, StartOptions, RunOptions } from './account.js';
export type { Process } from './process.js';
export type { Capture } from './capture.js';
export { until, untilHolds } from './until.js';

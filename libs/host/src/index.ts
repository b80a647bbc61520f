/**
 * What Banyan asks of the machine it runs on, in general: run a program, replace a file.
 * Not here: anything that knows WireGuard, firewalls or configuration.
 */
export { run, runOrThrow, type Run, type RunOptions, type RunResult } from './run.js';
export { fileError, makeDirectory, writeFileAtomic } from './atomic-file.js';
export { lockFile, type FileLock } from './file-lock.js';
export { stopSignal } from './stop-signal.js';
export { notifySystemd } from './systemd.js';
export { version } from './version.js';

/**
 * What Banyan asks of the machine it runs on, in general: run a program, replace a file, do
 * things one after another.
 * Not here: anything that knows WireGuard, firewalls or configuration.
 */
export { run, runOrThrow, type Run, type RunOptions, type RunResult } from './run.js';
export { follow, type Follow, type Following } from './follow.js';
export { fileError, makeDirectory, syncDirectory, writeFileAtomic } from './atomic-file.js';
export { lockFile, lockHolder, type FileLock } from './file-lock.js';
export { exclusively, type Exclusively } from './exclusive.js';
export { Turns } from './turns.js';
export { pause } from './pause.js';
export { stopSignals, type StopSignals } from './stop-signal.js';
export { shutDown } from './shut-down.js';
export { awaiting } from './awaited.js';
export { notifySystemd } from './systemd.js';
export { version } from './version.js';

import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError, codeOf } from '#errors';
import { fileError } from './atomic-file.js';

/** Who holds a lock: a process, told apart from a later one with the same id by when it started. */
interface Holder {
  readonly pid: number;
  readonly started: string;
}

export interface FileLock {
  release(): Promise<void>;
}

/** How long to wait before the next look at a lock that is held, milliseconds; not all look at one moment. */
const LOOK = { least: 5, more: 40 };

/**
 * Takes the lock file `lock`, which stands for `what` in messages. One left by a process that is gone, or
 * from before a reboot, is taken over. Processes of other PID namespaces count as gone.
 *
 * @param patienceMs how long to wait for a running process that holds it, also this one; 0: not at all.
 * @throws BanyanError `conflict` when it is still held then; `host` when its directory cannot be written.
 */
export async function lockFile(lock: string, what: string, patienceMs = 0): Promise<FileLock> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await lockNow(lock, what);
    } catch (error) {
      const isHeld = error instanceof BanyanError && error.kind === 'conflict';
      if (!isHeld || performance.now() >= deadline) throw error;
    }
    await delay(LOOK.least + Math.random() * LOOK.more);
  }
}

async function lockNow(lock: string, what: string): Promise<FileLock> {
  const own = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(own, JSON.stringify(await holder(process.pid)), { flag: 'wx', mode: 0o600 });
    if (!(await claimOrTakeOver(lock, own))) throw await heldError(what, lock);
  } catch (error) {
    throw error instanceof BanyanError ? error : fileError('lock', what, error);
  } finally {
    await rm(own, { force: true });
  }
  return { release: () => rm(lock, { force: true }) };
}

/**
 * The process that holds this lock; undefined when none does that runs, 0 when it cannot be told which.
 * @throws BanyanError `host` when the lock cannot be read.
 */
export async function lockHolder(lock: string): Promise<number | undefined> {
  try {
    const by = await readHolder(lock);
    return by && (await isAlive(by)) ? by.pid : undefined;
  } catch (error) {
    throw fileError('read', lock, error);
  }
}

async function claimOrTakeOver(lock: string, own: string): Promise<boolean> {
  return (await claim(lock, own)) || ((await removeStale(lock, own)) && (await claim(lock, own)));
}

/** A hard link appears whole and fails when the name is taken: nobody sees a lock without its holder. */
async function claim(lock: string, own: string): Promise<boolean> {
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes the lock of a process that is gone. Two that see the same stale lock must not both remove it, or
 * the slower one removes the faster one's new lock: who may remove it is itself settled by a lock, named
 * after the stale holder (and taken over alike when its holder dies), and the lock is read again once that
 * is won.
 */
async function removeStale(lock: string, own: string): Promise<boolean> {
  const stale = await readHolder(lock);
  if (stale === undefined) return true;
  if (await isAlive(stale)) return false;
  const takeover = `${lock}.stale-${stale.pid}-${stale.started}`;
  if (!(await claimOrTakeOver(takeover, own))) return false;
  try {
    const now = await readHolder(lock);
    if (now !== undefined && (now.pid !== stale.pid || now.started !== stale.started)) return false;
    await rm(lock, { force: true });
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}

async function heldError(what: string, lock: string): Promise<BanyanError> {
  const by = await readHolder(lock);
  const who = by === undefined || by.pid === 0 ? 'another process' : `process ${by.pid}`;
  return new BanyanError('conflict', `${what} is being changed by ${who}`, {
    remedy: `Wait for it to end and try again; if there is no such process, remove ${lock}.`,
  });
}

/** @returns undefined when there is no lock any more. */
async function readHolder(lock: string): Promise<Holder | undefined> {
  const text = await readFile(lock, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [, pid, started] = /^\{"pid":([0-9]{1,10}),"started":"([0-9a-f-]{0,60})"\}$/.exec(text) ?? [];
  // Content that is not ours names nobody who could be shown to be gone.
  return pid === undefined ? { pid: 0, started: '' } : { pid: Number(pid), started: started! };
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  return started === '' || (await holder(pid)).started === started;
}

/**
 * The boot and the start time in clock ticks after it (field 22 of /proc/PID/stat, proc_pid_stat(5)); ''
 * when there is no such process. Without the boot, the same service with the same id at the same tick after
 * a power cut would look like the one before it.
 */
async function holder(pid: number): Promise<Holder> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return { pid, started: '' };
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  // Field 2, the program's name in parentheses, may itself contain spaces and parentheses.
  return { pid, started: `${boot}-${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}` };
}

import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BanyanError, codeOf } from '#errors';
import { fileError, makeDirectory } from '#host';

/** Who holds a lock: a process, told apart from a later one with the same id by when it started. */
interface Holder {
  readonly pid: number;
  readonly started: string;
}

/**
 * Runs `work` as the only one to change the config at `path`. The lock is `<path>.lock`; one left by a
 * process that is gone is taken over.
 *
 * @throws BanyanError `conflict` at once when another process holds it; `host` when the directory cannot be
 *   written.
 */
export async function withConfigLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await makeDirectory(dirname(path), 0o700);
  const lock = `${path}.lock`;
  const own = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(own, JSON.stringify(await holder(process.pid)), { flag: 'wx', mode: 0o600 });
    if (!(await claim(lock, own)) && !((await removeStale(lock, own)) && (await claim(lock, own)))) {
      throw await heldError(path, lock);
    }
  } catch (error) {
    throw error instanceof BanyanError ? error : fileError('lock', path, error);
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
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
 * the slower one removes the faster one's new lock: who may remove it is itself settled by a link, named
 * after the stale holder, and the lock is read again once that is won.
 */
async function removeStale(lock: string, own: string): Promise<boolean> {
  const stale = await readHolder(lock);
  if (stale === undefined) return true;
  if (await isAlive(stale)) return false;
  const takeover = `${lock}.stale-${stale.pid}-${stale.started}`;
  if (!(await claim(takeover, own))) return false;
  try {
    const now = await readHolder(lock);
    if (now !== undefined && (now.pid !== stale.pid || now.started !== stale.started)) return false;
    await rm(lock, { force: true });
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}

async function heldError(path: string, lock: string): Promise<BanyanError> {
  const by = await readHolder(lock);
  const who = by === undefined || by.pid === 0 ? 'another process' : `process ${by.pid}`;
  return new BanyanError('conflict', `${path} is being changed by ${who}`, {
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
  const [, pid, started] = /^\{"pid":([0-9]{1,10}),"started":"([0-9]{0,20})"\}$/.exec(text) ?? [];
  // Content that is not ours names nobody who could be shown to be gone.
  return pid === undefined ? { pid: 0, started: '' } : { pid: Number(pid), started: started! };
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  return started === '' || (await holder(pid)).started === started;
}

/** Start time in clock ticks after boot: field 22 of /proc/PID/stat (proc_pid_stat(5)); '' when there is none. */
async function holder(pid: number): Promise<Holder> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 2, the program's name in parentheses, may itself contain spaces and parentheses.
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return { pid, started };
}

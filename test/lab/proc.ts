import { readdir, readFile, readlink } from 'node:fs/promises';

/** The machine's processes, as `/proc` shows them. */
async function processes(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** The first two fields after the name (proc(5), `stat`); undefined when there is no such process. */
async function statOf(pid: number): Promise<Partial<Record<'state' | 'parent', string | undefined>>> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, parent };
}

/** Whether it has been stopped by a signal, and does nothing until it is continued. */
export async function isStopped(pid: number): Promise<boolean> {
  return (await statOf(pid)).state === 'T';
}

/** Direct children of a process. */
export async function childrenOf(parent: number): Promise<number[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) => ((await statOf(pid)).parent === String(parent) ? pid : undefined)),
  );
  return found.filter((pid) => pid !== undefined);
}

/** Living processes in any of these namespaces, each written as `net:[4026531840]`. */
export async function membersOf(namespaces: ReadonlySet<string>): Promise<number[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) => {
      // It has ended, and its parent, which may be no init, has not asked about it yet.
      if ((await statOf(pid)).state === 'Z') return undefined;
      const own = await Promise.all(['net', 'mnt', 'pid'].map((kind) => namespaceOf(pid, kind)));
      return own.some((name) => name !== undefined && namespaces.has(name)) ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

/** The namespace a process is in; undefined when it has ended. */
export async function namespaceOf(pid: number, kind: string): Promise<string | undefined> {
  return await readlink(`/proc/${pid}/ns/${kind}`).catch(() => undefined);
}

import { readdir, readFile, readlink } from 'node:fs/promises';

/** The machine's processes, as `/proc` shows them. */
async function processes(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Direct children of a process (proc(5), `stat`: the parent is the second field after the name). */
export async function childrenOf(parent: number): Promise<number[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

/** Processes that are in any of these namespaces, each written as `net:[4026531840]`. */
export async function membersOf(namespaces: ReadonlySet<string>): Promise<number[]> {
  const found = await Promise.all(
    (await processes()).map(async (pid) => {
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

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { membersOf, namespaceOf } from './proc.js';
import { until } from './until.js';

const KINDS = ['net', 'mnt', 'pid_for_children'];

/**
 * One long-lived process with network, mounts, processes, host name and IPC of its own: what makes a host.
 *
 * Its first process is `cat` on a pipe that only we hold. When we end, for whatever reason, the pipe closes,
 * `cat` ends, and with the first process of a PID namespace the kernel ends every other one, daemons too;
 * interfaces and mounts go with the last process.
 */
export class Namespace {
  private constructor(
    private readonly first: ChildProcessWithoutNullStreams,
    /** Outer process id; interfaces are moved to it by `ip link set … netns`. */
    readonly pid: number,
    private readonly names: ReadonlySet<string>,
  ) {}

  static async create(): Promise<Namespace> {
    const first = spawn(
      'unshare',
      // The first process must not leave the orphans it is given as zombies: to who asks, they would be alive.
      [
        ...['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc'],
        ...['env', '--ignore-signal=CHLD', 'cat'],
      ],
      { stdio: 'pipe' },
    );
    let complaint = '';
    first.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    first.stdin.on('error', () => undefined);
    // What comes back has been through `cat`: the namespaces exist and /proc is mounted.
    first.stdin.write('ready\n');
    const failed = new Promise<never>((_, reject) => {
      first.once('error', reject);
      first.once('exit', (code) => {
        reject(
          new Error(`no namespace for a test host (exit code ${code}; root is needed): ${complaint.trim()}`),
        );
      });
    });
    await Promise.race([once(first.stdout, 'data'), failed]);
    failed.catch(() => undefined);
    const pid = first.pid;
    if (pid === undefined) throw new Error('a started process without an id');
    const names = await Promise.all(KINDS.map((kind) => namespaceOf(pid, kind)));
    // A host alone keeps nobody from ending.
    first.unref();
    for (const stream of [first.stdin, first.stdout, first.stderr])
      (stream as unknown as { unref(): void }).unref();
    return new Namespace(first, pid, new Set(names.filter((name) => name !== undefined)));
  }

  /** The beginning of a command line that runs inside. */
  get entrance(): string[] {
    const { pid } = this;
    return [
      ...['/usr/bin/nsenter', `--target=${pid}`, '--net', '--mount', '--uts', '--ipc'],
      ...[`--pid=/proc/${pid}/ns/pid_for_children`, '--'],
    ];
  }

  /** As {@link entrance}, but into the network only. */
  get networkEntrance(): string[] {
    return ['/usr/bin/nsenter', `--target=${this.pid}`, '--net', '--'];
  }

  /** A path inside, as it is reached from here. Not for paths with absolute symbolic links. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }

  /** Ends every process inside. @throws Error that names the processes that are still there after ten seconds. */
  async destroy(): Promise<void> {
    // Held, for the kernel gives the number of one that has gone to the next, maybe another lab's, and the
    // processes of that would be taken for ours.
    const held = await Promise.allSettled(KINDS.map((kind) => open(`/proc/${this.pid}/ns/${kind}`)));
    try {
      this.first.kill('SIGKILL');
      await until(async () => (await membersOf(this.names)).length === 0, {
        what: `every process of ${[...this.names].join(', ')} has ended`,
      });
    } finally {
      for (const handle of held) if (handle.status === 'fulfilled') await handle.value.close();
    }
  }
}

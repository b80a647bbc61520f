import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin');

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A temporary directory with a config in it, and the three programs run on that. */
export class Sandbox {
  private constructor(readonly directory: string) {}

  static async make(): Promise<Sandbox> {
    const directory = await mkdtemp(join(tmpdir(), 'banyan-cli-'));
    await chmod(directory, 0o755);
    return new Sandbox(directory);
  }

  /** Where the programs find their config. */
  get config(): string {
    return join(this.directory, 'etc', 'banyan.yaml');
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }

  /** Runs a program to its end, without a terminal and with nothing to read. */
  run(
    program: 'engine' | 'agent' | 'cli',
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<Ended> {
    return this.runAny([join(BIN, `banyan-${program}`), ...args], options);
  }

  async runAny(command: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const { env, uid } = options;
    const [program, ...args] = uid === undefined ? command : asUser(uid, command);
    const child = spawn(program!, args, {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...this.env(), ...env },
    });
    return ended(child);
  }

  /** Runs a program on a terminal of its own (util-linux `script`), answering each prompt when it appears. */
  async converse(
    program: 'engine' | 'agent' | 'cli',
    args: readonly string[],
    answers: readonly (readonly [prompt: string, keys: string])[],
  ): Promise<Ended> {
    const command = [join(BIN, `banyan-${program}`), ...args].join(' ');
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: this.directory,
      env: { ...this.env(), TERM: 'xterm' },
    });
    let said = '';
    let next = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [prompt, keys] = answers[next] ?? [];
      if (prompt === undefined || !said.includes(prompt)) return;
      said = '';
      next++;
      child.stdin.write(keys!);
    });
    return ended(child);
  }

  private env(): NodeJS.ProcessEnv {
    const { PATH } = process.env;
    return { PATH, HOME: this.directory, BANYAN_CONFIG: this.config };
  }
}

/**
 * The command as an ordinary user, who sees the checkout at /mnt of a mount namespace of his own: wherever it
 * lies, perhaps below root's home, he could not enter.
 */
function asUser(uid: number, command: readonly string[]): string[] {
  const inside = command.map((word) => word.replace(ROOT, '/mnt'));
  const enter =
    'mount --bind "$0" /mnt && exec setpriv --reuid="$1" --regid="$1" --clear-groups env "${@:2}"';
  return ['unshare', '--mount', 'bash', '-c', enter, ROOT, String(uid), ...inside];
}

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

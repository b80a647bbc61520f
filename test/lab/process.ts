import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { childrenOf, isStopped } from './proc.js';
import { until } from './until.js';

export interface Ended {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long output may still arrive after the end, when a daemon it left behind holds the other end. */
const DRAIN_MS = 300;
const STOP_MS = 10_000;

/** A program running on a host: an argument array, never a shell's line. */
export class Process {
  /** Resolves at its end, also after a failure; rejects only when it could not be started. */
  readonly ended: Promise<Ended>;
  /** What it wrote so far. */
  stdout = '';
  stderr = '';
  /** Set at its end. */
  result: Ended | undefined;
  /** Whether it was told to end, by SIGTERM or SIGKILL. */
  toldToEnd = false;
  private readonly entrance: ChildProcessWithoutNullStreams;

  /** @param argv begins with the `nsenter` that leads into the host, which waits for the program itself. */
  constructor(
    readonly command: string,
    argv: readonly string[],
    env: NodeJS.ProcessEnv,
    cwd: string,
  ) {
    const [program = '', ...args] = argv;
    // Apart from our process group: Ctrl-C in a terminal is for us, who then end things in their order.
    this.entrance = spawn(program, args, { env, cwd, stdio: 'pipe', detached: true });
    this.entrance.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.entrance.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // A program that ends without reading its input is no error of ours.
    this.entrance.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve, reject) => {
      this.entrance.once('error', reject);
      this.entrance.once('exit', (exitCode, signal) => {
        const finish = () => {
          clearTimeout(drained);
          this.result ??= { exitCode, signal, stdout: this.stdout, stderr: this.stderr };
          this.entrance.stdout.destroy();
          this.entrance.stderr.destroy();
          resolve(this.result);
        };
        const drained = setTimeout(finish, DRAIN_MS);
        this.entrance.once('close', finish);
      });
    });
    // Whoever cares awaits it; a host that is torn down must not fail a test that has ended.
    this.ended.catch(() => undefined);
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.entrance.stdin.write(text);
  }

  /** Ends its standard input, after a last text. */
  end(text = ''): void {
    this.entrance.stdin.end(text);
  }

  /**
   * Waits for its output to match, in what it has written and what it will.
   * @param timeout milliseconds.
   * @throws Error when it ends or the time is over without; with what it wrote.
   */
  async says(pattern: RegExp | string, timeout = 60_000): Promise<void> {
    const found = () => {
      const text = this.stdout + this.stderr;
      return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);
    };
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (found()) settle(resolve);
      };
      const fail = (why: string) =>
        settle(() =>
          reject(new Error(`\`${this.command}\` ${why} without saying ${pattern}\n${this.said()}`)),
        );
      const settle = (then: () => void) => {
        clearTimeout(timer);
        this.entrance.stdout.off('data', look);
        this.entrance.stderr.off('data', look);
        then();
      };
      const timer = setTimeout(() => fail(`went on for ${timeout} ms`), timeout);
      this.entrance.stdout.on('data', look);
      this.entrance.stderr.on('data', look);
      this.ended.then(
        () => (found() ? settle(resolve) : fail('ended')),
        (error: Error) => settle(() => reject(error)),
      );
      look();
    });
  }

  /** Signals the program itself; the entrance that waits for it follows by itself, except when stopped. */
  async signal(name: NodeJS.Signals): Promise<void> {
    if (this.result) return;
    this.toldToEnd ||= name === 'SIGTERM' || name === 'SIGKILL';
    const entrance = this.entrance.pid;
    if (entrance === undefined) return;
    const [program] = await until(
      async () => {
        const children = this.result ? [] : await childrenOf(entrance);
        return children.length > 0 || this.result || this.entrance.exitCode !== null ? children : undefined;
      },
      { what: `\`${this.command}\` runs` },
    );
    if (program !== undefined) kill(program, name);
    // nsenter stops itself when its child is stopped, and sees nothing of an end then.
    if (name === 'SIGCONT' || name === 'SIGKILL') kill(entrance, 'SIGCONT');
    // Were that after both are continued, it would stay so for ever.
    if (name === 'SIGSTOP') {
      await until(async () => this.result !== undefined || (await isStopped(entrance)), {
        what: `\`${this.command}\` is stopped`,
      });
    }
  }

  /** SIGTERM, and SIGKILL after ten seconds. @returns how it ended. */
  async stop(): Promise<Ended> {
    await this.signal('SIGTERM');
    const impatience = setTimeout(() => void this.signal('SIGKILL'), STOP_MS);
    try {
      return await this.ended;
    } finally {
      clearTimeout(impatience);
    }
  }

  /** Its output for an error message. */
  said(): string {
    return `--- stdout of ${this.command}\n${this.stdout}\n--- stderr\n${this.stderr}`;
  }
}

function kill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}

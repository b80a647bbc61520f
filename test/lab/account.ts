import { Process, type Ended } from './process.js';

export type { Ended } from './process.js';

export interface StartOptions {
  /** Added to the host's environment; undefined takes a variable away. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface RunOptions extends StartOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Milliseconds, then the program is killed and the run fails; 60 s when absent. */
  readonly timeout?: number;
}

/** Someone who can run programs on a host: root, or a user without any privilege. */
export class Account {
  private readonly started = new Set<Process>();

  constructor(
    /** For messages. */
    readonly name: string,
    private readonly entrance: readonly string[],
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** The same host, entered further: these words come before every command line. */
  through(name: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Account {
    return new Account(name, [...this.entrance, ...words], { ...this.env, ...env });
  }

  /** Starts a program and leaves it running; it ends with the host at the latest. */
  spawn(argv: readonly string[], options: StartOptions = {}): Process {
    const command = `${this.name}: ${argv.join(' ')}`;
    const started = new Process(command, [...this.entrance, ...argv], { ...this.env, ...options.env }, '/');
    this.started.add(started);
    const forget = () => this.started.delete(started);
    started.ended.then(forget, forget);
    return started;
  }

  /** Runs a program to its end, whatever its exit code. @throws Error when it does not end in time. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const { timeout = 60_000 } = options;
    const started = this.spawn(argv, options);
    started.end(options.input);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void started.signal('SIGKILL');
    }, timeout);
    try {
      const ended = await started.ended;
      if (late) throw new Error(`\`${started.command}\` did not end within ${timeout} ms\n${started.said()}`);
      return ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** As {@link run}, for programs that must succeed. @returns what it wrote to standard output. */
  async output(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { exitCode, signal, stdout, stderr } = await this.run(argv, options);
    if (exitCode !== 0) {
      throw new Error(
        `\`${this.name}: ${argv.join(' ')}\` ended with ${exitCode ?? signal}\n${stderr}${stdout}`,
      );
    }
    return stdout;
  }

  /** Waits for everything started here to be gone, once its host is. */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.started].map((process) => process.ended));
  }
}

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Etcd3 } from 'etcd3';
import { until } from '../lab/index.js';

/** What an etcd is started with besides its directory and ports. */
export interface EtcdOptions {
  readonly scheme?: 'http' | 'https';
  /** By the name of the flag. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** Debian's real etcd on free ports of loopback, with its data in a directory that `destroy` removes. */
export class EtcdServer {
  #process: ChildProcess | undefined;

  private constructor(
    /** The data are in `data` in there. */
    readonly directory: string,
    readonly address: string,
    readonly peerAddress: string,
    /** Plain, and without authentication, whatever the others are. */
    private readonly metricsAddress: string,
    private readonly flags: Readonly<Record<string, string>>,
  ) {}

  /** Not running yet. */
  static async prepare({ scheme = 'http', flags = {} }: EtcdOptions = {}): Promise<EtcdServer> {
    const [port, peerPort, metricsPort] = await freePorts(3);
    const directory = await mkdtemp(join(tmpdir(), 'banyan-etcd-'));
    const at = (number: number | undefined) => `http://127.0.0.1:${number}`;
    const address = `${scheme}://127.0.0.1:${port}`;
    return new EtcdServer(directory, address, at(peerPort), at(metricsPort), flags);
  }

  static async start(options?: EtcdOptions): Promise<EtcdServer> {
    const server = await EtcdServer.prepare(options);
    try {
      await server.start();
    } catch (error) {
      await server.destroy();
      throw error;
    }
    return server;
  }

  get dataDir(): string {
    return join(this.directory, 'data');
  }

  /** @param more flags, for this time. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const flags = {
      'data-dir': this.dataDir,
      'listen-client-urls': this.address,
      'advertise-client-urls': this.address,
      'listen-peer-urls': this.peerAddress,
      'initial-advertise-peer-urls': this.peerAddress,
      'initial-cluster': `default=${this.peerAddress}`,
      'listen-metrics-urls': this.metricsAddress,
      'log-level': 'error',
      ...this.flags,
      ...more,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const server = spawn('etcd', args, {
      stdio: 'ignore',
      env: { ...process.env, ETCD_UNSUPPORTED_ARCH: '' },
    });
    this.#process = server;
    await once(server, 'spawn');
    await until(
      async () => {
        if (server.exitCode !== null) throw new Error(`etcd ended with ${server.exitCode}`);
        const response = await fetch(`${this.metricsAddress}/health`, { signal: AbortSignal.timeout(5_000) });
        return ((await response.json()) as { health: string }).health === 'true';
      },
      { what: `etcd answers at ${this.address}` },
    );
  }

  /** Runs `etcdctl` on this server, as an administrator would. @returns what it printed. */
  async etcdctl(...args: string[]): Promise<string> {
    const all = [`--endpoints=${this.address}`, ...args];
    return (await promisify(execFile)('etcdctl', all, { env: { ...process.env, ETCDCTL_API: '3' } })).stdout;
  }

  /** Puts the data of a snapshot in the place of its own; it is stopped. */
  async goBackTo(snapshot: string): Promise<void> {
    await rm(this.dataDir, { recursive: true });
    const cluster = [`--initial-cluster=default=${this.peerAddress}`];
    const self = [`--initial-advertise-peer-urls=${this.peerAddress}`, `--data-dir=${this.dataDir}`];
    await this.etcdctl('snapshot', 'restore', snapshot, ...cluster, ...self);
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Neither answers nor closes what is open, until {@link resume}. Its threads may go on for a moment: they are waited for. */
  async freeze(): Promise<void> {
    const { pid } = this.#process!;
    process.kill(pid!, 'SIGSTOP');
    const isStopped = async (thread: string): Promise<boolean> => {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
    };
    const areStopped = async (): Promise<boolean> =>
      (await Promise.all((await readdir(`/proc/${pid}/task`)).map(isStopped))).every(Boolean);
    await until(areStopped, { what: 'etcd is frozen' });
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async destroy(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Lends a client of its own, for what the store itself never does. */
  async administer<T>(work: (client: Etcd3) => Promise<T>): Promise<T> {
    const client = new Etcd3({ hosts: this.address });
    try {
      return await work(client);
    } finally {
      client.close();
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }
}

/**
 * Ports that were free just now, below those that the kernel gives to whoever connects: a server that is started again
 * would find its own port with the connection of another test.
 */
async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = randomInt(10_000, 32_768);
    const server = createServer();
    const isFree = new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (await isFree) held.set(port, server);
  }
  await Promise.all([...held.values()].map((server) => once(server.close(), 'close')));
  return [...held.keys()];
}

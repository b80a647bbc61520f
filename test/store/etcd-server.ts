import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { until } from '../lab/index.js';

/** Debian's real etcd on a free port of loopback, with its data in a directory that `destroy` removes. */
export class EtcdServer {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    readonly address: string,
    private readonly peerAddress: string,
  ) {}

  /** Not running yet. */
  static async prepare(): Promise<EtcdServer> {
    const [port, peerPort] = await freePorts();
    const directory = await mkdtemp(join(tmpdir(), 'banyan-etcd-'));
    return new EtcdServer(directory, `http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`);
  }

  static async start(): Promise<EtcdServer> {
    const server = await EtcdServer.prepare();
    try {
      await server.start();
    } catch (error) {
      await server.destroy();
      throw error;
    }
    return server;
  }

  async start(): Promise<void> {
    const flags = {
      'data-dir': this.directory,
      'listen-client-urls': this.address,
      'advertise-client-urls': this.address,
      'listen-peer-urls': this.peerAddress,
      'initial-advertise-peer-urls': this.peerAddress,
      'initial-cluster': `default=${this.peerAddress}`,
      'log-level': 'error',
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
        const response = await fetch(`${this.address}/health`, { signal: AbortSignal.timeout(1_000) });
        return ((await response.json()) as { health: string }).health === 'true';
      },
      { what: `etcd answers at ${this.address}`, timeout: 20_000 },
    );
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Neither answers nor closes what is open, until {@link resume}. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
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

/** Two ports that were free just now. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as { port: number }).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports as [number, number];
}

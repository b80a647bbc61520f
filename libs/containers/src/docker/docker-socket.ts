import type Dockerode from 'dockerode';
import { BanyanError, codeOf, messageOf } from '#errors';
import type { Docker, DockerNetworkSpecification, DockerState } from './docker-state.js';
import { isOurs } from './network-specification.js';
import { parseContainerNames, parseEndpoints, parseMajor, parseNetworks } from './parse-docker.js';

/** Nobody listens: Docker is not installed, or stopped. */
const NOBODY = ['ENOENT', 'ECONNREFUSED'];
/** It went away meanwhile. */
const GONE = [...NOBODY, 'ECONNRESET', 'EPIPE'];

/** The Docker behind a Unix socket, by its API. */
export class DockerSocket implements Docker {
  #client: Dockerode | undefined;

  /** @param patience milliseconds for one answer. */
  constructor(
    private readonly path: string,
    private readonly patience: number,
  ) {}

  async read(): Promise<DockerState | undefined> {
    let major: number | undefined;
    try {
      major = parseMajor(await this.#ask((client) => client.version()));
    } catch (error) {
      if (error instanceof BanyanError && NOBODY.includes(codeOf(error.cause) ?? '')) return undefined;
      throw error;
    }
    const networks = parseNetworks(await this.#ask((client) => client.listNetworks()));
    const ours = networks.find(isOurs);
    const attached = ours ? await this.#containersOf(ours.id) : [];
    return { networks, attached, ...(major === undefined ? {} : { major }) };
  }

  async create({ name, driver, labels, options, pools }: DockerNetworkSpecification): Promise<void> {
    const Config = pools.map(({ subnet, range, gateway }) => ({
      Subnet: subnet.text,
      ...(range ? { IPRange: range.text } : {}),
      ...(gateway === undefined ? {} : { Gateway: gateway }),
    }));
    await this.#ask((client) =>
      client.createNetwork({
        Name: name,
        // Docker before 25 otherwise makes a second network of the name.
        CheckDuplicate: true,
        Driver: driver,
        Labels: labels,
        Options: options,
        IPAM: { Driver: 'default', Config },
      }),
    );
  }

  async remove(id: string): Promise<void> {
    try {
      await this.#ask((client) => client.getNetwork(id).remove());
    } catch (error) {
      if (!(error instanceof BanyanError && statusOf(error.cause) === 404)) throw error;
    }
  }

  async endpoints(id: string): Promise<readonly { name: string; address: string }[]> {
    return parseEndpoints(await this.#ask((client) => client.getNetwork(id).inspect()));
  }

  /** Also stopped ones: one whose network was made anew under the same name cannot be started again. */
  async #containersOf(network: string): Promise<string[]> {
    const all = { all: true, filters: { network: [network] } };
    return parseContainerNames(await this.#ask((client) => client.listContainers(all)));
  }

  /** The client settles no promise when Docker goes away in the middle of an answer, so the time is ours to watch. */
  async #ask<T>(question: (client: Dockerode) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unanswered(this.path, this.patience)), this.patience);
    });
    try {
      return await Promise.race([question(client), late]);
    } catch (error) {
      throw error instanceof BanyanError ? error : this.#failure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connect(): Promise<Dockerode> {
    // Loaded where it is used: it takes longer than a short command.
    const { default: Client } = await import('dockerode');
    // Every field, so that none is taken from DOCKER_HOST and its like: this is about the Docker of this host.
    this.#client ??= new Client({
      socketPath: this.path,
      host: '',
      protocol: 'http',
      timeout: this.patience,
    });
    return this.#client;
  }

  #failure(cause: unknown): BanyanError {
    const code = codeOf(cause) ?? '';
    if (GONE.includes(code)) {
      return new BanyanError('unavailable', `Docker at ${this.path} has gone away`, {
        remedy: 'It is asked again at the next pass; see `systemctl status docker`.',
        cause,
      });
    }
    if (code === 'EACCES') {
      return new BanyanError('host', `Docker at ${this.path} may be asked by root only`, {
        remedy: 'Run this as root, or with sudo.',
        cause,
      });
    }
    const status = statusOf(cause);
    return new BanyanError(
      status === undefined || status >= 500 ? 'unavailable' : 'conflict',
      `Docker refused: ${sentence(messageOf(cause))}`,
      { remedy: 'See `journalctl -u docker`.', cause },
    );
  }
}

function unanswered(path: string, patience: number): BanyanError {
  return new BanyanError('unavailable', `Docker at ${path} did not answer within ${patience} ms`, {
    remedy: 'It is asked again at the next pass; see `systemctl status docker`.',
  });
}

function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** What Docker says, as one line without control characters. */
function sentence(text: string): string {
  return text
    .replace(/[^!-~]+/g, ' ')
    .trim()
    .slice(0, 300);
}

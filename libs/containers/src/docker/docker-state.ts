import type { Subnet } from '#network';

/** A network of Docker's, as far as we care. */
export interface DockerNetwork {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  /** IPv4 pools. */
  readonly pools: readonly DockerPool[];
}

export interface DockerPool {
  readonly subnet: Subnet;
  /** Out of which Docker chooses addresses; absent: the whole subnet. */
  readonly range?: Subnet;
  readonly gateway?: string;
}

/** What there is in a Docker. */
export interface DockerState {
  /** First number of its version; absent when it has no such number. */
  readonly major?: number;
  readonly networks: readonly DockerNetwork[];
  /** Names of the containers, also stopped ones, that belong to the network that is ours. */
  readonly attached: readonly string[];
}

/** A network as it is to be made. */
export type DockerNetworkSpecification = Omit<DockerNetwork, 'id'>;

/** A Docker, as far as we care. What it says is parsed. Everything throws BanyanError `unavailable`, `host`. */
export interface Docker {
  /** @returns undefined where there is no Docker, or none is running. */
  read(): Promise<DockerState | undefined>;
  create(network: DockerNetworkSpecification): Promise<void>;
  /** One that is gone already is no error. */
  remove(id: string): Promise<void>;
  /** Name and IPv4 address of each running container on a network. */
  endpoints(id: string): Promise<readonly { readonly name: string; readonly address: string }[]>;
}

import type { Subnet } from '#network';

/** The network of this host that containers are to find. */
export interface DesiredContainerNetworks {
  /** Of this agent; its first address is the gateway, on the bridge. */
  readonly subnet: Subnet;
  /** Of containers' interfaces, bytes. */
  readonly mtu: number;
}

/** One difference between what runtimes find here and what they should, in words, with the reason. */
export interface ContainerNetworkChange {
  /** As `create the Docker network banyan`. */
  readonly what: string;
  readonly why: string;
}

/** A container that has an address of this host's subnet. */
export interface LocalContainer {
  /** What its runtime calls it: Docker's name, else the id of a CNI runtime; absent where a lease does not say. */
  readonly name?: string;
  /** IPv4. */
  readonly address: string;
  readonly kind: 'docker' | 'cni';
}

/** How containers of this host join the bridge: a CNI network, and a Docker network where there is a Docker. */
export interface ContainerNetworks {
  /**
   * Makes both what is desired, each also when the other fails. Idempotent: call it again whenever the data plane
   * was applied, and from time to time, for Docker may be installed or started later. The bridge and its gateway
   * must be there: what finds none makes one of its own.
   *
   * @returns what was changed.
   * @throws BanyanError `conflict` (somebody else's file, network or subnet; containers on a network that has to be
   *   made anew), `unavailable` (Docker does not answer), `host`. A host without Docker is no error.
   */
  apply(desired: DesiredContainerNetworks): Promise<readonly ContainerNetworkChange[]>;
  /** What `apply` would change now. Changes nothing. @throws BanyanError as `apply` would. */
  plan(desired: DesiredContainerNetworks): Promise<readonly ContainerNetworkChange[]>;
  /**
   * Who is on the network now, by address. @throws BanyanError `unavailable`, `host`.
   */
  list(): Promise<readonly LocalContainer[]>;
  /**
   * Removes what `apply` made, and nothing of anybody else. @returns what was removed.
   * @throws BanyanError `conflict` while containers are on the Docker network; the rest is removed.
   */
  down(): Promise<readonly ContainerNetworkChange[]>;
}

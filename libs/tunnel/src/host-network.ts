/** The host's addresses and IPv4 routes, of every interface and every routing table. */
export interface Surroundings {
  readonly links: readonly Link[];
  readonly routes: readonly NetworkRoute[];
}

export interface Link {
  readonly name: string;
  readonly mtu: number;
  /** Free text given to the interface by `ip link set … alias`. */
  readonly alias?: string;
  /** IPv4, without prefix length. */
  readonly addresses: readonly string[];
}

export interface NetworkRoute {
  /** `10.0.0.0/8`; a default route is `0.0.0.0/0`. */
  readonly destination: string;
  /** The interface, or what becomes of the packets where there is none, such as `blackhole`. */
  readonly device: string;
}

/** The way a packet to some address goes out. */
export interface Path {
  readonly device: string;
  /** Bytes, where the route itself has a smaller MTU than its interface. */
  readonly mtu?: number;
}

/** What the tunnel asks about the rest of the host's network. */
export interface HostNetwork {
  read(): Promise<Surroundings>;
  /** @returns undefined when there is no route to the address. */
  pathTo(address: string): Promise<Path | undefined>;
  /** Gives an interface its alias. */
  label(name: string, alias: string): Promise<void>;
}

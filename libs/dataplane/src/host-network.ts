import type { Cidr } from '#wireguard';

/** What the data plane asks about the rest of this host's network, and how it changes it. */
export interface HostNetwork {
  /** IPv4 only, and of routes those of the main table: that is what containers have. */
  read(): Promise<Surroundings>;
  /** @throws BanyanError that begins with what could not be done, after everything was tried. */
  carryOut(steps: readonly NetworkStep[]): Promise<void>;
}

export interface Surroundings {
  readonly links: readonly Link[];
  readonly routes: readonly HostRoute[];
  /** Our own ones, by their protocol number. */
  readonly rules: readonly RoutingRule[];
}

/** What `ip rule` adds and deletes by this text, as `pref 205 to 10.201.0.0/16 blackhole protocol 201`. */
export interface RoutingRule {
  /** Made of parsed values only. */
  readonly text: string;
}

export interface Link {
  /** Never used again by the kernel for another interface while the host runs, unlike the name. */
  readonly index: number;
  readonly name: string;
  /** `bridge`, `veth`, … as the kernel calls it; else the link type, as `ether`. */
  readonly kind: string;
  /** Name of the bridge or bond it belongs to. */
  readonly master?: string;
  readonly mtu: number;
  readonly up: boolean;
  /** IPv4, with prefix length. */
  readonly addresses: readonly Cidr[];
}

export interface HostRoute {
  readonly destination: Cidr;
  /** Absent: packets end here, as `type` says. */
  readonly device?: string;
  /** `unicast`, `blackhole`, `unreachable`, … */
  readonly type: string;
  /** Made by Banyan, as its protocol number says. */
  readonly ours: boolean;
  readonly metric: number;
  /** Its interface has no carrier: there is nobody behind it now. */
  readonly linkDown: boolean;
}

/** A change of the host's network, as one line for `ip -batch`. */
export interface NetworkStep {
  /** Made of parsed values only. */
  readonly line: string;
  readonly what: string;
  readonly why: string;
}

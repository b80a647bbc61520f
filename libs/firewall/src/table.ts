/** One nftables table of family `inet`, ours alone: what is not in it is removed from it. */
export interface Table {
  /** Lower-case letters, digits and `_`, as `banyan_control_engine`. */
  readonly name: string;
  /** At most one of a type for each hook that has no name of its own; what no rule decides goes on to whatever other tables say. */
  readonly chains: readonly Chain[];
}

export interface Chain {
  /** Lower-case letters, digits and `_`; absent: that of its hook. */
  readonly name?: string;
  /** `nat` sees the first packet of a connection only; `filter`, the default, sees all. */
  readonly type?: 'filter' | 'nat';
  readonly hook: Hook;
  /** Place among other base chains of the hook, ascending; -300 is before connection tracking (nft(8)). */
  readonly priority: number;
  readonly rules: readonly Rule[];
}

export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** What becomes of packets that match all of `when`. */
export interface Rule {
  readonly when: readonly Match[];
  readonly verdict: Verdict;
}

/**
 * `drop` is final; `accept` ends this chain only, and other tables may still drop the packet. `masquerade`, in
 * a nat chain on postrouting, makes this host the source. `clamp-mss` lets a TCP connection that opens send no
 * larger segments than the route's MTU has room for, and goes on to the next rule. `mark` sets {@link MARK} for the
 * routing rules of this host, and goes on.
 */
export type Verdict = 'accept' | 'drop' | 'masquerade' | 'clamp-mss' | 'mark';

/**
 * A bit of a packet's mark that none of the programs has that are likely beside us: CNI's port mappings and netavark
 * (0x2000), kube-proxy (0x4000, 0x8000), Cilium (0xf00), Tailscale (0xff0000), wg-quick (0xca6c). It never leaves the host.
 */
export const MARK = 0x1000;

/**
 * A packet that lacks what is asked for, such as an IPv6 packet asked for an IPv4 source or one that no
 * socket sent asked for its owner, matches neither the condition nor its opposite.
 */
export type Match =
  | {
      readonly on: 'arrives-by' | 'leaves-by';
      readonly interface: string;
      readonly not?: true;
      /** `interface` is only how the name begins. */
      readonly prefix?: true;
    }
  | { readonly on: 'source' | 'destination'; readonly network: string; readonly not?: true }
  | { readonly on: 'tcp-source' | 'tcp-destination'; readonly port: number }
  | { readonly on: 'sender'; readonly uid: number; readonly not?: true }
  | { readonly on: 'known-connection' }
  /** Its destination was translated, as by a port mapping. */
  | { readonly on: 'translated-destination' }
  | { readonly on: 'echo-request' }
  /** The first segment of a TCP connection, either way. */
  | { readonly on: 'tcp-opening' }
  | { readonly on: 'ipv6' };

export type Ensured = 'unchanged' | 'applied' | 'repaired';

/**
 * How a table is, against how it should be. `unverified`: it has as many chains and rules as it should, and
 * this instance has not loaded them, so that it cannot say more.
 */
export type Inspected = 'in force' | 'missing' | 'changed' | 'unverified';

/** The whole of what Banyan asks of the host's firewall. */
export interface Firewall {
  /**
   * Makes the table exactly this, with no moment in between without it.
   *
   * @returns `unchanged` when it is as it was left; `repaired` when somebody had changed or flushed it;
   *   `applied` when this instance had not applied this table before.
   * @throws BanyanError `host` when there is no nftables here, or no right to use it.
   */
  ensure(table: Table): Promise<Ensured>;
  /** Looks at the table and changes nothing. @throws BanyanError `host` as {@link ensure}. */
  inspect(table: Table): Promise<Inspected>;
  /** Which of the tables of these names there are. @throws BanyanError `host` as {@link ensure}. */
  present(names: readonly string[]): Promise<readonly string[]>;
  /** Removes the tables of these names; no error for those that are not there. */
  remove(names: readonly string[]): Promise<void>;
}

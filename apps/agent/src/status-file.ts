import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '#errors';
import { fileError, makeDirectory, writeFileAtomic } from '#host';

/** How this host takes part in the network. */
export interface NetworkStatus {
  /**
   * `ready`: this host is what the engine wants it to be. `restored`: what it was last, without an engine.
   * `held`: waits for `banyan-engine adopt`. `refused`: the engine wants what would do harm. `failing`: something
   * on this host is in the way. `none`: there is none.
   */
  readonly state: 'ready' | 'restored' | 'held' | 'refused' | 'failing' | 'none';
  readonly detail: string | null;
  readonly remedy: string | null;
  /** Of this host's containers; null before there was one. */
  readonly subnet: string | null;
  readonly vpc_cidr: string | null;
  readonly store_id: string | null;
  /** Of the network that this host has become. */
  readonly applied_revision: number | null;
  readonly links_up: number;
  readonly links_wanted: number;
}

/** One link to another agent, as this end sees it. */
export interface LinkStatus {
  readonly name: string;
  readonly subnet: string;
  readonly up: boolean;
  /** Address and port that WireGuard uses; null while it has none. */
  readonly endpoint: string | null;
  /** Milliseconds since the epoch, by the agent's clock; null when there was none. */
  readonly latest_handshake_ms: number | null;
  readonly received_bytes: number;
  readonly sent_bytes: number;
  /** Microseconds; null when not measured. */
  readonly round_trip_us: number | null;
}

/** What `banyan-agent status` shows: written by the running agent, readable by everybody, without secrets. */
export interface AgentStatus {
  /** The whitelist name; null until the engine has told it. */
  readonly name: string | null;
  /** `refused`: the engine answered, and does not admit this key, or not as an agent's. */
  readonly state: 'connected' | 'connecting' | 'refused';
  readonly channel: 'tunnel' | 'direct' | 'loopback' | null;
  readonly engine: {
    readonly host: string;
    readonly port: number;
    readonly public_key: string | null;
    /** False while the key was only trusted on first use. */
    readonly key_confirmed: boolean;
  };
  readonly public_key: string;
  readonly tunnel_address: string;
  readonly tunnel: { readonly up: boolean; readonly detail: string };
  readonly network: NetworkStatus;
  /** What keeps container runtimes from finding the network; both null when nothing does. */
  readonly containers: { readonly detail: string | null; readonly remedy: string | null };
  readonly links: readonly LinkStatus[];
  /** When `state` became what it is. Milliseconds since the epoch, as all times here. */
  readonly since_ms: number;
  readonly last_error: string | null;
  readonly remedy: string | null;
  readonly pid: number;
  readonly version: string;
  readonly written_at_ms: number;
}

const NOTHING = { detail: null, remedy: null };
const NO_NETWORK: NetworkStatus = {
  state: 'none',
  detail: null,
  remedy: null,
  subnet: null,
  vpc_cidr: null,
  store_id: null,
  applied_revision: null,
  links_up: 0,
  links_wanted: 0,
};

/** `status.json` of one agent's run directory. */
export class StatusFile {
  readonly path: string;

  constructor(private readonly runDir: string) {
    this.path = join(runDir, 'status.json');
  }

  async write(status: AgentStatus): Promise<void> {
    await makeDirectory(this.runDir, 0o755);
    await writeFileAtomic(this.path, JSON.stringify(status) + '\n', 0o644);
  }

  /** @returns undefined when no agent has written one. */
  async read(): Promise<AgentStatus | undefined> {
    try {
      // An agent of an earlier version knows no network.
      const status = JSON.parse(await readFile(this.path, 'utf8')) as Partial<AgentStatus>;
      return { network: NO_NETWORK, containers: NOTHING, links: [], ...status } as AgentStatus;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw fileError('read', this.path, error);
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

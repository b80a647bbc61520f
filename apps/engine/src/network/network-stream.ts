import { SyncResponse } from '#protocol';
import type { NetworkFeed } from './feed.js';

/** The network as the engine publishes it. */
export interface PublishedNetwork {
  readonly feed: NetworkFeed;
  readonly storeId: string;
  readonly vpcCidr: string;
  /** An operator confirmed that this store takes the place of another. */
  readonly adopted: boolean;
}

/** The way out to one agent. */
export interface Outlet {
  /** What is written now would only be queued. */
  readonly full: boolean;
  write(response: SyncResponse): void;
}

/**
 * What one agent is sent: the whole network, then what becomes another. It keeps the revision that was sent
 * last and no queue: an agent that reads slowly is sent fewer and larger deltas.
 */
export class NetworkStream {
  #sent: number | undefined;

  /** @param subnet of the agent itself. */
  constructor(
    private readonly network: PublishedNetwork,
    private readonly subnet: string,
    private readonly out: Outlet,
  ) {}

  /** The newest revision that was sent; 0 before the first. */
  get sent(): number {
    return this.#sent ?? 0;
  }

  /** Sends what the agent lacks, if there is room; to be called again when there is. */
  flush(): void {
    const { feed } = this.network;
    if (this.#sent === feed.revision || this.out.full) return;
    this.out.write(this.#next());
    this.#sent = feed.revision;
  }

  #next(): SyncResponse {
    const difference = this.#sent === undefined ? undefined : this.network.feed.since(this.#sent);
    return difference ? deltaOf(this.network, this.#sent!, difference) : this.#snapshot();
  }

  #snapshot(): SyncResponse {
    const { feed, storeId, vpcCidr, adopted } = this.network;
    const value = {
      storeId,
      revision: feed.revision,
      vpcCidr,
      subnet: this.subnet,
      peers: [...feed.peers],
      adopted,
    };
    return { message: { $case: 'snapshot', value } };
  }
}

type Difference = NonNullable<ReturnType<NetworkFeed['since']>>;

/** One message for all agents that lack the same. */
const deltas = new WeakMap<Difference, SyncResponse>();

function deltaOf({ feed, adopted }: PublishedNetwork, base: number, difference: Difference): SyncResponse {
  const known = deltas.get(difference);
  if (known) return known;
  const value = {
    base,
    revision: feed.revision,
    changed: [...difference.changed],
    removed: [...difference.removed],
    adopted,
  };
  const delta: SyncResponse = { message: { $case: 'delta', value } };
  deltas.set(difference, delta);
  return delta;
}

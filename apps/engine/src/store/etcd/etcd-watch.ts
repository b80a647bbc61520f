import { messageOf } from '#errors';
import type { Log } from '#log';
import type { Cluster, IWatchResponse, WatchStream } from './cluster.js';

export interface EtcdWatchEvents {
  /** These keys changed. */
  changed(keys: readonly string[]): void;
  /** Changes may have gone unseen: at every (re)connection, and now and then. */
  missed(): void;
}

/** etcd has dropped events under load (etcd-io/etcd#20655), so watchers look again also without one. */
const LOOK_AGAIN_MS = 60_000;
const LONGEST_PAUSE_MS = 5_000;

/**
 * One watch of a range of keys, kept up for ever. It never resumes at an old revision, which may have been
 * compacted away: after a gap everything counts as missed. So it needs none of what made watch clients lose
 * events over reconnections, and uses etcd's bare stream instead of `etcd3`'s own bookkeeping, which throws
 * inside an event handler when an answer arrives for a watch it has just let go.
 */
export class EtcdWatch {
  #stream: WatchStream | undefined;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;
  readonly #again: NodeJS.Timeout;

  constructor(
    private readonly cluster: Cluster,
    private readonly range: { readonly key: Buffer; readonly range_end: Buffer },
    private readonly events: EtcdWatchEvents,
    private readonly log: Log,
  ) {
    this.#again = setInterval(() => this.events.missed(), LOOK_AGAIN_MS).unref();
    this.cluster.onMoved(() => this.#stream?.cancel());
    void this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#again);
    clearTimeout(this.#pause);
    this.#stream?.cancel();
  }

  async #connect(): Promise<void> {
    let stream: WatchStream;
    try {
      stream = await this.cluster.watch();
    } catch (error) {
      this.#lost(error);
      return;
    }
    this.#stream = stream;
    let over = false;
    const end = (error: unknown) => {
      if (over) return;
      over = true;
      stream.cancel();
      this.#lost(error);
    };
    stream.on('data', (response: IWatchResponse) => {
      if (response.canceled) end(new Error(response.cancel_reason || 'cancelled by etcd'));
      else if (!over) this.#take(response);
    });
    stream.on('error', end);
    stream.on('end', () => end(new Error('the stream ended')));
    if (this.#closed) stream.cancel();
    else stream.write({ create_request: this.range });
  }

  #take(response: IWatchResponse): void {
    if (response.created) {
      if (this.#failures > 0) this.log.say('store.available', 'watching etcd again');
      this.#failures = 0;
      this.events.missed();
    }
    const keys = response.events.map(({ kv }) => kv.key.toString('latin1'));
    if (keys.length > 0) this.events.changed(keys);
  }

  #lost(error: unknown): void {
    this.#stream = undefined;
    if (this.#closed) return;
    this.log.say('store.unavailable', `the watch of etcd was lost, trying again: ${messageOf(error)}`);
    const longest = Math.min(LONGEST_PAUSE_MS, 100 * 2 ** this.#failures);
    this.#failures += 1;
    this.#pause = setTimeout(() => void this.#connect(), longest * (0.5 + Math.random() / 2));
  }
}

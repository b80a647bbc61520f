import type { Path } from '#channel';
import type { PublicKey } from '#crypto';
import type { Reported, Whereabouts } from './whereabouts.js';
import type { AgentEndpoint, AgentRecord } from './record.js';

/** How long a heartbeat counts, milliseconds. */
const HEARTBEAT_MS = 30_000;

/** One open Sync stream. */
export interface Presence {
  /** Closing twice is closing once. */
  close(): void;
}

/** One agent as the engine knows it: what is remembered of it, and whether it is here now. */
export class Agent {
  readonly id: string;
  name: string;
  publicKey: PublicKey;
  /** What it said of itself when it last registered; nothing before it did with this engine. */
  reported: Reported = { hostIp: '', wgPort: 0 };
  /** Of what the store was last given. */
  savedSeenMs: number;
  #record: AgentRecord;
  #seenMs: number;
  /** In the order of opening. During a reconnection the old stream may close after the new one has opened. */
  readonly #streams = new Map<Presence, Path>();
  /** On the monotonic clock: a clock that is set must not turn agents on or off. */
  #heartbeatAt = -Infinity;

  constructor(record: AgentRecord) {
    this.id = record.id;
    this.name = record.name;
    this.publicKey = record.publicKey;
    this.savedSeenMs = record.lastSeenMs;
    this.#record = record;
    this.#seenMs = record.lastSeenMs;
  }

  get record(): AgentRecord {
    return { ...this.#record, name: this.name, publicKey: this.publicKey, lastSeenMs: this.lastSeenMs };
  }

  get version(): string {
    return this.#record.version;
  }

  get tags(): readonly string[] {
    return this.#record.tags;
  }

  get endpoint(): AgentEndpoint | undefined {
    return this.#record.endpoint;
  }

  get online(): boolean {
    return this.#streams.size > 0 || performance.now() - this.#heartbeatAt < HEARTBEAT_MS;
  }

  /** The path of its newest stream; undefined while it has none. */
  get channel(): Path | undefined {
    return [...this.#streams.values()].at(-1);
  }

  get lastSeenMs(): number {
    return this.#streams.size > 0 ? Date.now() : this.#seenMs;
  }

  registered(report: Reported & Pick<AgentRecord, 'version' | 'tags' | 'protocolVersion'>): void {
    const { version, tags, protocolVersion, hostIp, wgPort } = report;
    this.reported = { hostIp, wgPort };
    this.#seenMs = Date.now();
    this.#record = {
      ...this.#record,
      version,
      tags: [...tags],
      protocolVersion,
      lastRegisteredMs: this.#seenMs,
    };
  }

  /**
   * @param revision of the network that this belongs to, when it is new.
   * @returns whether it is.
   */
  moved({ host, atEngine, port }: Whereabouts, revision: number): boolean {
    const now = this.endpoint;
    if (now && now.host === host && now.atEngine === atEngine && now.port === port) return false;
    this.#record = { ...this.#record, endpoint: { host, atEngine, port, revision } };
    return true;
  }

  heartbeat(): void {
    this.#seenMs = Date.now();
    this.#heartbeatAt = performance.now();
  }

  /** @param onClose called when it is closed, unless {@link end} came first. */
  opened(channel: Path, onClose: () => void): Presence {
    const presence: Presence = {
      close: () => {
        if (!this.#streams.delete(presence)) return;
        this.#seenMs = Date.now();
        onClose();
      },
    };
    this.#streams.set(presence, channel);
    return presence;
  }

  /** It is no longer here, whatever is still open. */
  end(): void {
    if (this.online) this.#seenMs = this.lastSeenMs;
    this.#streams.clear();
    this.#heartbeatAt = -Infinity;
  }
}

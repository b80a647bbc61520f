import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { merge } from 'rxjs';
import type { EngineConnection } from '#channel';
import type { AgentSettings } from '#config';
import { tunnelAddress } from '#crypto';
import { messageOf, type BanyanError } from '#errors';
import { Turns, version } from '#host';
import { log } from '#log';
import { ContainerKeeper } from './network/container-keeper.js';
import { LinkObserver } from './network/link-observer.js';
import { NetworkFollower } from './network/network-follower.js';
import { linkStatus, networkStatus } from './network-status.js';
import { StatusFile, type AgentStatus } from './status-file.js';
import { OwnKeys } from './own-keys.js';
import { SETTINGS } from './tokens.js';

/** Keeps `status.json` telling the truth. A status that cannot be written is logged, and never stops the agent. */
@Injectable()
export class StatusBoard implements OnApplicationShutdown {
  readonly #file: StatusFile;
  readonly #writing = new Turns();
  #status: AgentStatus;
  #stopped = false;

  constructor(
    @Inject(SETTINGS) settings: AgentSettings,
    private readonly follower: NetworkFollower,
    private readonly observer: LinkObserver,
    private readonly containers: ContainerKeeper,
    private readonly keys: OwnKeys,
  ) {
    merge(follower.changes, observer.looks, containers.changes, keys.changes).subscribe(
      () => void this.#put({}),
    );
    this.#file = new StatusFile(settings.runDir);
    this.#status = {
      name: null,
      state: 'connecting',
      channel: null,
      engine: {
        host: settings.engineHost,
        port: settings.enginePort,
        public_key: settings.engineKey?.text ?? null,
        key_confirmed: settings.engineKey !== undefined,
      },
      public_key: keys.current.publicKey.text,
      tunnel_address: tunnelAddress(keys.current.publicKey),
      tunnel: { up: false, detail: 'not tried yet' },
      network: networkStatus(follower.view, []),
      containers: { detail: null, remedy: null },
      links: [],
      since_ms: Date.now(),
      last_error: null,
      remedy: null,
      pid: process.pid,
      version,
      written_at_ms: 0,
    };
  }

  /** The path by which the engine is reached now; null while it is not. */
  get channel(): AgentStatus['channel'] {
    return this.#status.channel;
  }

  connecting(): Promise<void> {
    return this.#put({ state: 'connecting', channel: null });
  }

  /** The engine answered and proved its key; whether it admits this agent is still open. */
  reached(connection: EngineConnection): Promise<void> {
    return this.#put({
      engine: {
        ...this.#status.engine,
        public_key: connection.engineKey.text,
        key_confirmed: connection.engineKeyConfirmed,
      },
      tunnel: connection.tunnel,
    });
  }

  connected(name: string, { channel }: EngineConnection): Promise<void> {
    return this.#put({
      name,
      state: 'connected',
      channel,
      last_error: null,
      remedy: null,
    });
  }

  failed(error: BanyanError): Promise<void> {
    return this.#put({
      state: error.kind === 'unauthenticated' || error.kind === 'forbidden' ? 'refused' : 'connecting',
      channel: null,
      last_error: error.message,
      remedy: error.remedy ?? null,
    });
  }

  /** A stopped agent has no status: what is not running should not look as if it were. */
  async onApplicationShutdown(): Promise<void> {
    this.#stopped = true;
    await this.#writing.take(() => this.#file.remove());
  }

  async #put(change: Partial<AgentStatus>): Promise<void> {
    const now = Date.now();
    const since = (change.state ?? this.#status.state) === this.#status.state ? this.#status.since_ms : now;
    const { links } = this.observer;
    this.#status = {
      ...this.#status,
      ...change,
      public_key: this.keys.current.publicKey.text,
      tunnel_address: tunnelAddress(this.keys.current.publicKey),
      network: networkStatus(this.follower.view, links),
      containers: {
        detail: this.containers.error?.message ?? null,
        remedy: this.containers.error?.remedy ?? null,
      },
      links: links.map(linkStatus),
      since_ms: since,
      written_at_ms: now,
    };
    await this.#writing.take(() => this.#write(this.#status));
  }

  /** Of those that wait only the newest counts. */
  async #write(status: AgentStatus): Promise<void> {
    if (this.#stopped || status !== this.#status) return;
    try {
      await this.#file.write(status);
    } catch (error) {
      log.say('state.unsaved', messageOf(error));
    }
  }
}

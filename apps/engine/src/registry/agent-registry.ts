import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { Path } from '#channel';
import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { awaiting } from '#host';
import { log } from '#log';
import { STORE, type Store } from '../store/store.js';
import { Agent, type Presence } from './agent.js';
import { newId, type AgentEndpoint } from './record.js';
import type { Reported } from './whereabouts.js';
import { Records } from './records.js';
import { Roster, type Client, type Move } from './roster.js';

export type { Client, Presence };

/** What an agent says of itself; none of it is an identity. */
export interface AgentReport extends Reported {
  /** Only compared with its real name, for the log. */
  readonly agentName: string;
  readonly version: string;
  readonly tags: readonly string[];
  readonly protocolVersion: number;
}

export interface AgentView {
  /** Stays over renames and rotations. */
  readonly id: string;
  readonly name: string;
  readonly publicKey: PublicKey;
  /** Online: a Sync stream is open, or a heartbeat came within 30 s. */
  readonly state: 'online' | 'offline';
  /** Milliseconds since the epoch; after a restart of the engine up to a minute too early. */
  readonly lastSeenMs: number;
  /** The path of its newest stream; undefined without one. */
  readonly channel: Path | undefined;
  readonly version: string;
  readonly tags: readonly string[];
  /** Where other agents find it; undefined while nobody ever knew. */
  readonly endpoint: AgentEndpoint | undefined;
}

/** How often the time an agent was last seen is written down. */
const SEEN_MS = 60_000;

/**
 * Which agents there are, and which are here. Names and keys are those that the guard proved and the
 * whitelist holds. All is answered from memory: only an agent's very first registration waits for the store,
 * and presence never does. Not here: who is admitted (`#whitelist`), and which subnet is whose (`network/`).
 */
@Injectable()
export class AgentRegistry implements OnModuleInit, OnModuleDestroy {
  readonly #records: Records;
  readonly #roster = new Roster((agent) => this.save(agent));
  readonly #changes = new Subject<void>();
  /** Emits after a name, a key or an endpoint may have become another. */
  readonly changes = this.#changes.asObservable();
  #loaded = false;
  #admitted: readonly Client[] = [];
  #renames: { from: string; to: string }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(@Inject(STORE) store: Store) {
    this.#records = new Records(store, log);
  }

  /** @throws BanyanError when the store cannot be read. */
  async onModuleInit(): Promise<void> {
    for (const record of await this.#records.load()) this.#roster.add(new Agent(record));
    this.#loaded = true;
    this.#applyWhitelist();
    this.#timer = setInterval(() => this.#saveSeen(SEEN_MS), SEEN_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    this.#saveSeen(1);
    await awaiting('the store', this.#records.close());
  }

  /**
   * @param client as proved, never as reported.
   * @throws BanyanError when an agent that was never here cannot be written to the store.
   */
  async register(client: Client, report: AgentReport): Promise<Agent> {
    if (report.agentName !== '' && report.agentName !== client.name) {
      log.say(
        'agent.misnamed',
        `calls itself ${JSON.stringify(report.agentName)}: its whitelist name counts`,
        {
          name: client.name,
        },
      );
    }
    const known = this.#roster.identify(client);
    const agent = known ?? (await this.#welcome(client, report));
    agent.registered(report);
    this.save(agent);
    return agent;
  }

  /** Writes down what became another of this agent, soon. */
  save(agent: Agent): void {
    this.#records.save(agent);
    this.#changes.next();
  }

  /** @throws BanyanError `not-found` when this agent has never registered. */
  heartbeat(name: string): void {
    this.#registered(name).heartbeat();
  }

  /**
   * The agent is online until the returned presence is closed. Streams may overlap.
   * @throws BanyanError `not-found` when this agent has never registered.
   */
  opened(name: string, channel: Path): Presence {
    const agent = this.#registered(name);
    return agent.opened(channel, () => {
      if (agent.lastSeenMs - agent.savedSeenMs >= SEEN_MS) this.#records.save(agent);
    });
  }

  /** @throws BanyanError when its record is not known to be gone from the store; trying again is right. */
  async forget(agent: Agent): Promise<void> {
    await this.#records.delete(agent);
    agent.end();
    this.#roster.remove(agent);
    this.#changes.next();
  }

  /** Every agent ever registered and not released, in no order. */
  agents(): Iterable<Agent> {
    return this.#roster.all();
  }

  named(name: string): Agent | undefined {
    return this.#roster.named(name);
  }

  keyed(publicKey: PublicKey): Agent | undefined {
    return this.#roster.keyed(publicKey);
  }

  /** All agents ever registered and not released, sorted by name. */
  list(): AgentView[] {
    const views = Array.from(this.#roster.all(), (agent): AgentView => ({
      id: agent.id,
      name: agent.name,
      publicKey: agent.publicKey,
      state: agent.online ? 'online' : 'offline',
      lastSeenMs: agent.lastSeenMs,
      channel: agent.channel,
      version: agent.version,
      tags: agent.tags,
      endpoint: agent.endpoint,
    }));
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * The whitelist as it is at start: keys that were renamed while the engine was away take their records
   * along before a new key can register under the name they left.
   */
  settle(admitted: Iterable<Client>): void {
    this.#admitted = Array.from(admitted, ({ name, publicKey }) => ({ name, publicKey }));
    this.#applyWhitelist();
  }

  /**
   * A key has another name on the whitelist. The renames of one change are given one after the other without
   * waiting and are carried out together, so that two agents can exchange their names.
   */
  renamed(from: string, to: string): void {
    this.#renames.push({ from, to });
    if (this.#renames.length === 1) queueMicrotask(() => this.#applyWhitelist());
  }

  /** The client of this name has another key: it is the same agent. */
  rotated(client: Client): void {
    if (!this.#roster.named(client.name)) return;
    this.#roster.identify(client);
    this.#changes.next();
  }

  /** This key is no agent's any more: its presence ends at once. The record stays until it is released. */
  left(publicKey: PublicKey): void {
    this.#roster.keyed(publicKey)?.end();
  }

  /** The key of this name was revoked: its presence ends at once. The record stays until it is released. */
  revoked(name: string): void {
    this.#roster.named(name)?.end();
  }

  async #welcome(client: Client, { version, tags, protocolVersion }: AgentReport): Promise<Agent> {
    const now = Date.now();
    const record = {
      id: newId(client.publicKey, (id) => this.#roster.hasId(id)),
      ...client,
      firstRegisteredMs: now,
      lastRegisteredMs: now,
      lastSeenMs: now,
      protocolVersion,
      version,
      tags,
    };
    await this.#records.create(record);
    // The same agent may have registered twice at once.
    const meanwhile = this.#roster.identify(client);
    if (meanwhile) return meanwhile;
    const agent = new Agent(record);
    this.#roster.add(agent);
    return agent;
  }

  #applyWhitelist(): void {
    if (!this.#loaded) return;
    const renamed = this.#renames.map(({ from, to }) => ({ agent: this.#roster.named(from), to }));
    const settled = this.#admitted.map(({ name, publicKey }) => ({
      agent: this.#roster.keyed(publicKey),
      to: name,
    }));
    this.#renames = [];
    this.#admitted = [];
    const isMove = (move: { agent: Agent | undefined; to: string }): move is Move => move.agent !== undefined;
    this.#roster.rename(settled.filter(isMove));
    this.#roster.rename(renamed.filter(isMove));
  }

  #saveSeen(newerMs: number): void {
    for (const agent of this.#roster.all()) {
      if (agent.lastSeenMs - agent.savedSeenMs >= newerMs) this.#records.save(agent);
    }
  }

  #registered(name: string): Agent {
    const agent = this.#roster.named(name);
    if (agent) return agent;
    throw new BanyanError('not-found', `${name} has not registered with this engine`, {
      remedy: 'Register first, then send heartbeats or open Sync.',
    });
  }
}

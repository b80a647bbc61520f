import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { filter, firstValueFrom, merge, of, Subject, timer, type Subscription } from 'rxjs';
import type { Client } from '#whitelist';
import { log } from '#log';
import { AuditLog } from '../audit/audit-log.js';
import { revocationReceipt } from '../audit/events.js';
import type { Agent } from '../registry/agent.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { noAgentsAnyMore } from '../whitelist/snapshot.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { NetworkService } from './network.service.js';
import { receiptText, type Receipt } from './receipt.js';

/** How long agents are waited for before the log says who has not answered, milliseconds. */
const LOGGED_AFTER_MS = 5_000;

/** Receipts for revocations: from what agents acknowledge, which is what their hosts have become. */
@Injectable()
export class Receipts implements OnApplicationBootstrap, OnModuleDestroy {
  /** One for every revocation of a key that was in the network. */
  readonly issued = new Subject<Receipt>();
  #changes: Subscription | undefined;

  constructor(
    private readonly network: NetworkService,
    private readonly registry: AgentRegistry,
    private readonly whitelist: WhitelistService,
    private readonly audit: AuditLog,
  ) {}

  /** Every revocation has its line in both logs, whoever removed the file; and every key that is no agent's any more. */
  onApplicationBootstrap(): void {
    this.#changes = this.whitelist.changes.subscribe((change) => {
      for (const client of change.revoked) void this.#follow(client, 'revoked');
      for (const client of noAgentsAnyMore(change)) void this.#follow(client, 'withdrew');
    });
  }

  onModuleDestroy(): void {
    this.#changes?.unsubscribe();
  }

  /**
   * Who has applied that these keys are gone; settles when everybody has who is online, at the latest after `waitMs`.
   * Nobody has to apply a key that was in nobody's network.
   *
   * @param publicKeys are on the whitelist no more, as canonical base64: one, or both of a client that was rotating.
   */
  async of(publicKeys: ReadonlySet<string>, waitMs: number): Promise<Receipt> {
    const started = performance.now();
    const revision = await this.#goneAt(publicKeys, waitMs);
    if (revision === undefined) return this.#notGone(publicKeys, performance.now() - started);
    const left = Math.max(0, waitMs - (performance.now() - started));
    await this.#answers(this.#unanswered(revision), revision, left);
    return this.#receipt(revision, performance.now() - started);
  }

  /** Agents that are online, and have not said that they have applied this revision. */
  #unanswered(revision: number): Set<string> {
    const isHere = this.#isHere();
    const peers = [...this.registry.agents()].filter((agent) => {
      return isHere(agent) && this.network.feed.has(agent.publicKey.text);
    });
    return new Set(peers.map(({ id }) => id).filter((id) => !this.#hasApplied(id, revision)));
  }

  /** By stream or by heartbeats, by which nobody acknowledges: one that is here now has the key, and is not away. */
  #isHere(): (agent: Agent) => boolean {
    const reached = this.network.reached;
    return (agent) => reached.has(agent.id) || agent.online;
  }

  /** Why an agent has not applied what it was sent, as it says; undefined for one that says nothing. */
  #reasonOf(agentId: string): string | undefined {
    const { refused, held } = this.network.reportOf(agentId);
    if (refused !== '') return refused;
    return held ? 'it holds the network of another store until `banyan-engine adopt`' : undefined;
  }

  /** Settles when all of these have answered, or when time is over. One look at one agent for each answer. */
  async #answers(waiting: Set<string>, revision: number, waitMs: number): Promise<void> {
    if (waiting.size === 0) return;
    const done = this.network.acknowledged.pipe(
      filter((id) => this.#hasApplied(id, revision) && waiting.delete(id) && waiting.size === 0),
    );
    await firstValueFrom(merge(done, timer(waitMs)));
  }

  #hasApplied(agentId: string, revision: number): boolean {
    return this.network.reportOf(agentId).appliedRevision >= revision;
  }

  /** The revision from which on none of the keys is a peer; undefined when one of them is even after `waitMs`. */
  async #goneAt(publicKeys: ReadonlySet<string>, waitMs: number): Promise<number | undefined> {
    const isGone = (): boolean => ![...publicKeys].some((key) => this.network.feed.has(key));
    const gone = merge(of(0), this.network.published).pipe(filter(isGone));
    await firstValueFrom(merge(gone, timer(waitMs)));
    return isGone() ? this.network.feed.revision : undefined;
  }

  /** Everybody is to hear of it yet, whoever is here and whoever is away. */
  #notGone(publicKeys: ReadonlySet<string>, milliseconds: number): Receipt {
    const pending = [...this.registry.agents()]
      .filter(({ publicKey: { text } }) => this.network.feed.has(text) && !publicKeys.has(text))
      .map(({ name }) => name)
      .sort();
    const none = { applied: [], offline: [], refused: [] };
    return { ...none, pending, published: true, milliseconds: Math.round(milliseconds) };
  }

  #receipt(revision: number, milliseconds: number): Receipt {
    const isHere = this.#isHere();
    const refused: { name: string; why: string }[] = [];
    const sorted = { applied: [] as string[], pending: [] as string[], offline: [] as string[] };
    for (const agent of this.registry.agents()) {
      const isPeer = this.network.feed.has(agent.publicKey.text);
      if (!isPeer) continue;
      if (this.#hasApplied(agent.id, revision)) sorted.applied.push(agent.name);
      else if (isHere(agent)) {
        sorted.pending.push(agent.name);
        const why = this.#reasonOf(agent.id);
        if (why !== undefined) refused.push({ name: agent.name, why });
      } else sorted.offline.push(agent.name);
    }
    for (const names of Object.values(sorted)) names.sort();
    refused.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { ...sorted, refused, published: false, milliseconds: Math.round(milliseconds) };
  }

  /** Keys by which a client that is none any more is in the network: agents may have the one before its last rotation. */
  #publishedOf({ name, publicKey: { text } }: Pick<Client, 'name' | 'publicKey'>): ReadonlySet<string> {
    const { feed } = this.network;
    const former = feed.peers.filter(
      (peer) => peer.name === name && this.whitelist.snapshot.find(peer.publicKey) === undefined,
    );
    return new Set([...(feed.has(text) ? [text] : []), ...former.map(({ publicKey }) => publicKey)]);
  }

  async #follow({ name, publicKey }: Client, what: 'revoked' | 'withdrew'): Promise<void> {
    const keys = this.#publishedOf({ name, publicKey });
    if (keys.size === 0) return;
    const receipt = await this.of(keys, LOGGED_AFTER_MS);
    if (what === 'revoked') this.issued.next(receipt);
    this.audit.record(revocationReceipt({ name, publicKey }, receipt));
    const { applied, pending, offline, refused, milliseconds } = receipt;
    const why = refused.length === 0 ? undefined : refused.map((one) => `${one.name}: ${one.why}`);
    log.say(
      pending.length === 0 && !receipt.published ? 'client.revocation_receipt' : 'client.revocation_pending',
      `${what}: ${receiptText(receipt)}`,
      { name, applied: applied.length, pending, offline, refused: why, milliseconds },
    );
  }
}

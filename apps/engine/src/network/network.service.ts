import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { filter, firstValueFrom, merge, of, Subject, timer, type Subscription } from 'rxjs';
import type { Connection } from '#channel';
import type { Subnet } from '#network';
import type { PublicKey } from '#crypto';
import type {
  KeyMoveReady,
  KeyMoveUnready,
  LinkCount,
  LinkReport,
  NetworkPeer,
  Pong,
  SyncResponse,
} from '#protocol';
import { coversRole } from '#whitelist';
import { log } from '#log';
import { AgentRegistry } from '../registry/agent-registry.js';
import type { Agent } from '../registry/agent.js';
import { noAgentsAnyMore } from '../whitelist/snapshot.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { Adoption } from './adoption.js';
import { NetworkReport } from './network-report.js';
import { NetworkFeed } from './feed.js';
import { Leases } from './leases.js';
import { Locator } from './locator.js';
import { StoreIdentity } from './store-identity.js';
import { NetworkStream, type Outlet, type PublishedNetwork } from './network-stream.js';

/** Changes that come closer together than this are published as one, milliseconds. */
const MERGE_MS = 10;
/**
 * The pause after a publication, in times of what that took: while many agents join at once, telling everybody
 * of each would take longer than the joining.
 */
const PAUSE = 4;
/** The longest, milliseconds: a revocation waits no longer. */
const MOST_MS = 300;
/** How often agents in the tunnel are looked for at another address. */
const ROAMING_MS = 10_000;
/** How long an agent has to say what it knows of its links. */
const LINKS_MS = 2_000;

/** A stream, and whose it is. */
interface Opened {
  readonly agent: Agent;
  /** That the agent had when it was opened: one with an older key hears nothing more. */
  readonly key: PublicKey;
  readonly out: Outlet;
}

/**
 * The network as all agents are to build it: every agent that is admitted as one and has a subnet, online or not.
 * Level-triggered: whatever happened, the peers are made anew from whitelist, registry and leases, and what
 * differs is published.
 */
@Injectable()
export class NetworkService implements OnApplicationBootstrap, BeforeApplicationShutdown, PublishedNetwork {
  /** After a new revision is there, and has been sent to whoever has room. */
  readonly published = new Subject<void>();
  /** Id of an agent that has said which revision its host has become. */
  readonly acknowledged = new Subject<string>();
  /** An agent has said how many of its links are up; `before` is what it said last on this stream. */
  readonly linksCounted = new Subject<{
    readonly name: string;
    readonly before: LinkCount | undefined;
    readonly now: LinkCount;
  }>();
  /** Id of an agent whose stream has closed. */
  readonly left = new Subject<string>();
  /** An agent that has prepared to change over to another key of a peer, or of its own. */
  readonly readyToMove = new Subject<{ readonly agentId: string; readonly ready: KeyMoveReady }>();
  /** And one that cannot. */
  readonly unreadyToMove = new Subject<{ readonly agentId: string; readonly unready: KeyMoveUnready }>();
  /** An agent that has said what it knows of its links to peers that there are. */
  readonly linksReported = new Subject<{ readonly agentId: string; readonly report: LinkReport }>();
  /** An agent that has answered a question for a sign of life. */
  readonly pongs = new Subject<{ readonly agentId: string; readonly pong: Pong }>();
  /** In the order of opening. */
  readonly #streams = new Map<NetworkStream, Opened>();
  /** By the id of the agent. */
  readonly #reports = new Map<string, NetworkReport>();
  #feed = new NetworkFeed(0);
  /** Keys that are no agent's any more since the last publication. */
  readonly #revoked = new Set<string>();
  /** Before which nothing is published. */
  #pauseUntil = -Infinity;
  #pending: NodeJS.Timeout | undefined;
  #roaming: NodeJS.Timeout | undefined;
  #changes: Subscription | undefined;

  constructor(
    private readonly whitelist: WhitelistService,
    private readonly registry: AgentRegistry,
    private readonly leases: Leases,
    private readonly locator: Locator,
    private readonly adoption: Adoption,
    private readonly store: StoreIdentity,
  ) {}

  get feed(): NetworkFeed {
    return this.#feed;
  }

  get storeId(): string {
    return this.store.id;
  }

  get vpcCidr(): string {
    return this.leases.vpcCidr.text;
  }

  get adopted(): boolean {
    return this.adoption.adopted;
  }

  /** Not on module init: registry and leases read the store then. */
  onApplicationBootstrap(): void {
    this.#feed = new NetworkFeed(this.store.firstRevision);
    this.#publish();
    this.#changes = merge(this.registry.changes, this.whitelist.changes).subscribe(() => this.changed());
    this.#changes.add(
      this.whitelist.changes.subscribe((change) => {
        for (const { publicKey } of [...change.revoked, ...noAgentsAnyMore(change)])
          this.#revoked.add(publicKey.text);
      }),
    );
    this.#roaming = setInterval(() => void this.#followRoaming(), ROAMING_MS).unref();
  }

  beforeApplicationShutdown(): void {
    this.#changes?.unsubscribe();
    clearInterval(this.#roaming);
    clearTimeout(this.#pending);
  }

  /**
   * Gives a registered agent its subnet, and finds out where it is.
   *
   * @param host what its host routes itself, and the subnet it has had by its own account.
   * @param connection it registers by.
   * @throws BanyanError `exhausted` or `conflict` when there is no subnet for it; of the store.
   */
  async join(
    agent: Agent,
    { routes, had }: { readonly routes: readonly Subnet[]; readonly had: Subnet | undefined },
    connection: Connection,
  ): Promise<Subnet> {
    const [subnet, where] = await Promise.all([
      this.leases.assign(agent.id, agent.name, routes, had),
      this.locator.find(agent, connection),
    ]);
    if (where && agent.moved(where, this.#feed.revision + 1)) this.registry.save(agent);
    this.changed();
    return subnet;
  }

  subnetOf(agentId: string): Subnet | undefined {
    return this.leases.of(agentId);
  }

  /** Takes away an agent's subnet. @returns undefined when it had none. @throws BanyanError of the store. */
  async release(agent: Agent): Promise<Subnet | undefined> {
    const subnet = await this.leases.release(agent.id);
    this.#reports.delete(agent.id);
    this.changed();
    return subnet;
  }

  /** Tells every agent that this store takes the place of another. @throws BanyanError of the store. */
  async adopt(): Promise<void> {
    await this.adoption.adopt();
    this.#feed.touch();
    this.#flush();
  }

  /** What an agent says of the network on its host. */
  reportOf(agentId: string): NetworkReport {
    let report = this.#reports.get(agentId);
    if (!report) this.#reports.set(agentId, (report = new NetworkReport(this.storeId)));
    return report;
  }

  /** Ids of the agents that have a stream open. */
  get reached(): ReadonlySet<string> {
    const live = [...this.#streams.values()].filter(isLive);
    return new Set(live.map(({ agent }) => agent.id));
  }

  /** What an agent says of its links, now if it is connected and reads; else what it said last. */
  async links(agent: Agent): Promise<NetworkReport> {
    const report = this.reportOf(agent.id);
    const isAsked = this.tell(agent.id, { message: { $case: 'linkReportRequest', value: { most: 0 } } });
    if (isAsked) await report.nextLinks(LINKS_MS);
    return report;
  }

  /** Sends the network to an agent, from now until the stream is closed. */
  open(agent: Agent, out: Outlet): NetworkStream {
    const opened = { agent, key: agent.publicKey, out };
    const stream = new NetworkStream(this, this.leases.of(agent.id)?.text ?? '', {
      get full() {
        return out.full || !isLive(opened);
      },
      write: (response) => out.write(response),
    });
    this.#streams.set(stream, opened);
    stream.flush();
    return stream;
  }

  close(stream: NetworkStream): void {
    const opened = this.#streams.get(stream);
    this.#streams.delete(stream);
    if (opened) this.left.next(opened.agent.id);
  }

  /** Says this to an agent that is connected and reads. @returns whether it is and does. */
  tell(agentId: string, message: SyncResponse): boolean {
    return this.tellAll(new Set([agentId]), message).size > 0;
  }

  /** Says this to those of the agents that are connected and read. @returns their ids. */
  tellAll(agentIds: ReadonlySet<string>, message: SyncResponse): ReadonlySet<string> {
    // Of two streams of one agent, the one that was opened last.
    const wanted = [...this.#streams.values()].filter(({ agent }) => agentIds.has(agent.id));
    const newest = new Map(wanted.map((opened) => [opened.agent.id, opened]));
    const reading = [...newest.values()].filter((opened) => !opened.out.full && isLive(opened));
    for (const { out } of reading) out.write(message);
    return new Set(reading.map(({ agent }) => agent.id));
  }

  /** Settles when this key is a peer in the network as it is described, or soon. */
  async hasPublished(key: PublicKey): Promise<void> {
    const there = merge(of(0), this.published).pipe(filter(() => this.#feed.has(key.text)));
    await firstValueFrom(merge(there, timer(2 * MOST_MS)));
  }

  /** Describes the network once more, for hosts that may be something else by now. */
  repeat(): void {
    this.#feed.touch();
    this.#flush();
  }

  /** Something that the network is made from may be another: publishes it at once, or soon after the last time. */
  changed(): void {
    if (this.#pending) return;
    const wait = Math.max(0, this.#pauseUntil - performance.now());
    this.#pending = setTimeout(() => this.#publish(), wait);
  }

  #publish(): void {
    this.#pending = undefined;
    const started = performance.now();
    this.#pauseUntil = started + MERGE_MS;
    const differs = this.#feed.publish(this.#peers(), this.#revoked);
    this.#revoked.clear();
    if (!differs) return;
    this.#flush();
    this.published.next();
    // What was written is encrypted and sent in the turns of the event loop that follow.
    setImmediate(() => {
      const ended = performance.now();
      this.#pauseUntil = ended + Math.min(MOST_MS, Math.max(MERGE_MS, PAUSE * (ended - started)));
    });
  }

  #flush(): void {
    for (const stream of this.#streams.keys()) stream.flush();
  }

  #peers(): NetworkPeer[] {
    const peers: NetworkPeer[] = [];
    for (const agent of this.registry.agents()) {
      const client = this.whitelist.snapshot.find(agent.publicKey.text);
      const subnet = this.leases.of(agent.id);
      if (!client || !coversRole(client.role, 'agent') || !subnet) continue;
      const { endpoint } = agent;
      peers.push({
        name: client.name,
        publicKey: client.publicKey.text,
        subnet: subnet.text,
        host: endpoint?.host ?? '',
        atEngine: endpoint?.atEngine ?? false,
        port: endpoint?.port ?? 0,
        endpointRevision: endpoint?.revision ?? 0,
      });
    }
    return peers;
  }

  async #followRoaming(): Promise<void> {
    const inTunnel = Array.from(this.registry.agents()).filter(({ channel }) => channel === 'tunnel');
    if (inTunnel.length === 0) return;
    for (const [agent, where] of await this.locator.findAll(inTunnel)) {
      if (!agent.moved(where, this.#feed.revision + 1)) continue;
      log.say('agent.moved', `moved to ${where.host || 'the host of the engine'}`, { name: agent.name });
      this.registry.save(agent);
    }
  }
}

function isLive({ agent, key }: Pick<Opened, 'agent' | 'key'>): boolean {
  return agent.publicKey.equals(key);
}

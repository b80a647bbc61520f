import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { isIPv4 } from 'node:net';
import { Subject } from 'rxjs';
import type { ReachedEngine } from '#channel';
import type { AgentSettings } from '#config';
import type { PublicKey } from '#crypto';
import type { DataPlane } from '#dataplane';
import { asBanyanError, BanyanError, complaint } from '#errors';
import { Turns } from '#host';
import { Subnet, type Network } from '#network';
import type { NetworkDelta, NetworkSnapshot, SyncAck } from '#protocol';
import { log } from '#log';
import { OwnKeys } from '../own-keys.js';
import { KeyMover } from '../rotation/key-mover.js';
import { DATA_PLANE, SETTINGS } from '../tokens.js';
import { amendedBy, describedBy, type Described } from './described.js';
import { desiredOf } from './desired.js';
import { judge } from './judge.js';
import { Keeper, type Outcome } from './keeper.js';
import { isOf, NetworkCache, type KnownNetwork } from './network-cache.js';

/** What an engine takes of a host's routes; a router of the Internet has more, and none of those is ours. */
const MOST_ROUTES = 1_000;

/** What this agent makes of the network, for people. */
export interface NetworkView {
  /** The network that this host has become; undefined before there was one. */
  readonly applied: Network | undefined;
  /** What keeps this host from being what it should be. */
  readonly error: BanyanError | undefined;
  /** As {@link import('./judge.js').Judgement}. */
  readonly refused: string;
  readonly held: boolean;
  /** Where it was read, while no engine has confirmed it. */
  readonly fromCache: boolean;
  /** Why a restart without the engine would bring back an older one: what was built last is not on disk. */
  readonly unsaved: BanyanError | undefined;
}

/** Builds what the engine describes, as far as it is to be believed, and without an engine what was built last. */
@Injectable()
export class NetworkFollower implements OnModuleInit, OnApplicationShutdown {
  /** Something of {@link view} may be another. */
  readonly changes = new Subject<void>();
  readonly #cache: NetworkCache;
  readonly #saving = new Turns();
  #known: KnownNetwork | undefined;
  /** In which order networks came, from 1. */
  readonly #order = new WeakMap<Network, number>();
  #came = 0;
  /** The newest that is on disk, by that order. */
  #kept = 0;
  /** The newest that this host has become, and that a restart brings back or a later one. */
  #settled: Network | undefined;
  #view: NetworkView = {
    applied: undefined,
    error: undefined,
    refused: '',
    held: false,
    fromCache: false,
    unsaved: undefined,
  };
  /** Of the open session; undefined between two. */
  #session:
    { engine: ReachedEngine; acknowledge: (ack: SyncAck) => void; own: string; last: string } | undefined;
  #described: Described | undefined;
  #hostRoutes: readonly Subnet[] = [];

  constructor(
    @Inject(SETTINGS) private readonly settings: AgentSettings,
    @Inject(DATA_PLANE) private readonly plane: DataPlane,
    private readonly keeper: Keeper,
    private readonly keys: OwnKeys,
    private readonly mover: KeyMover,
  ) {
    this.#cache = new NetworkCache(settings.stateDir);
    keeper.outcomes.subscribe((outcome) => this.#tried(outcome));
    keys.changes.subscribe(() => {
      if (this.#known) this.#build(this.#known);
    });
    keeper.looks.subscribe(() => {
      void this.#reconsider();
      if (this.#view.unsaved) void this.#save(this.#known);
    });
  }

  get view(): NetworkView {
    return this.#view;
  }

  /** Before anybody connects: what comes from an engine is judged by what was built last. */
  async onModuleInit(): Promise<void> {
    try {
      this.#known = await this.#cache.read();
    } catch (error) {
      this.#complain('state.unreadable', error);
    }
    if (!this.#known) return;
    this.#kept = this.#enter(this.#known.network);
    log.say('network.restored', `restoring the last network, ${this.#known.network.peers.length} peers`);
    this.#show({ fromCache: true });
    this.#build(this.#known);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#saving.take(() => Promise.resolve());
  }

  /** What an engine should know to give this host a subnet: the routes of its own, and the subnet it has had. */
  async registration(): Promise<{ hostRoutes: string[]; subnet: string }> {
    const hostRoutes = (await this.#readRoutes()).slice(0, MOST_ROUTES);
    return { hostRoutes, subnet: this.#known?.network.subnet.text ?? '' };
  }

  /** Without `ip`, none are known. */
  async #readRoutes(): Promise<readonly string[]> {
    try {
      const routes = await this.plane.hostRoutes();
      this.#hostRoutes = routes.map((route) => Subnet.parse(route, 'A route of this host'));
      return routes;
    } catch (error) {
      this.#complain('network.failed', error);
      return [];
    }
  }

  /** A session has begun, and will bring a snapshot. */
  opened(engine: ReachedEngine, acknowledge: (ack: SyncAck) => void): void {
    this.#session = { engine, acknowledge, own: this.keys.current.publicKey.text, last: '' };
    this.#described = undefined;
  }

  closed(): void {
    this.#session = undefined;
    this.#described = undefined;
    this.mover.end();
  }

  /** @throws BanyanError `invalid` for what cannot be read: only a new session helps. */
  replaced(snapshot: NetworkSnapshot): void {
    this.#described = describedBy(snapshot, this.#own());
    this.#judge();
  }

  /** @throws BanyanError as {@link replaced}; `not-found` when this agent has lost its subnet. */
  changed(delta: NetworkDelta): void {
    if (!this.#described) throw new BanyanError('invalid', 'the engine sent a change of nothing');
    const had = this.#described.subnet;
    this.#described = amendedBy(delta, this.#described, this.#own());
    this.#judge();
    if (had && !this.#described.subnet)
      throw new BanyanError('not-found', 'the subnet of this agent was released');
  }

  /**
   * The same engine is going to have another key. Its network goes on under either, whatever this agent is started with
   * next: so it is on disk before the key is.
   */
  async engineWillBe(from: PublicKey, to: PublicKey): Promise<void> {
    if (!this.#known || !isOf(this.#known, from)) return;
    this.#known = { ...this.#known, engineKey: from, nextEngineKey: to };
    await this.#save(this.#known);
  }

  /** The engine has proven itself and does not admit this agent: there is no network for it any more. */
  async revoked(): Promise<void> {
    if (this.#known)
      log.say('network.removed', 'this agent is not admitted any more: the network is taken down here');
    this.#known = undefined;
    this.#show({ applied: undefined, refused: '', held: false, fromCache: false });
    this.mover.end();
    this.keeper.takeDown();
    await this.#save(undefined);
  }

  /** The key that the engine describes the network to. */
  #own(): string {
    return this.#session?.own ?? this.keys.current.publicKey.text;
  }

  #judge(): void {
    const { engine } = this.#session ?? {};
    if (!engine || !this.#described) return;
    // Which engine this is, an operator has said: another one's network is no successor of anything.
    const known = this.#known && isOf(this.#known, engine.engineKey) ? this.#known : undefined;
    const { network, refused, held } = judge(known?.network, this.#described, this.#inTheWay(engine));
    if (refused !== this.#view.refused && refused !== '') log.say('network.refused', refused);
    if (held && !this.#view.held) {
      log.say(
        'network.held',
        'the engine has another store than before and lacks peers of the network: the last network stays until `banyan-engine adopt`',
      );
    }
    this.#show({ refused, held, fromCache: false });
    if (network && (network !== known?.network || engine.address !== known.engineAddress)) {
      const next = { ...succeeded(known, engine.engineKey), network, engineAddress: engine.address };
      this.#known = next;
      this.#enter(network);
      // The host does not wait for the disk, but what it says to the engine does.
      void this.#save(next);
      this.#build(next);
    } else this.#acknowledge();
  }

  /** What is cut off by a network that covers it. Without its engine nobody could tell this host of a better one. */
  #inTheWay({ address }: ReachedEngine): readonly Subnet[] {
    return isIPv4(address) ? [...this.#hostRoutes, Subnet.parse(`${address}/32`)] : this.#hostRoutes;
  }

  async #reconsider(): Promise<void> {
    if (this.#view.refused === '' || !this.#described) return;
    await this.#readRoutes();
    this.#judge();
  }

  #build(known: KnownNetwork): void {
    this.mover.makeWay();
    this.keeper.build(desiredOf(known, { ...this.settings, privateKey: this.keys.ofNetwork }));
  }

  #tried({ goal, error }: Outcome): void {
    const applied = goal.kind === 'build' ? goal.desired.network : undefined;
    this.#show(error ? { error } : { error: undefined, applied });
    this.#acknowledge();
  }

  #show(change: Partial<NetworkView>): void {
    this.#view = { ...this.#view, ...change };
    this.changes.next();
  }

  /** @returns its place in the order in which networks came. */
  #enter(network: Network): number {
    const known = this.#order.get(network);
    if (known !== undefined) return known;
    this.#order.set(network, (this.#came += 1));
    return this.#came;
  }

  /**
   * Says what this host has become, when that is news and will last: a restart without the engine would take back
   * what is not on disk, and have a peer again that was revoked.
   */
  #acknowledge(): void {
    const { applied, error, refused, held, unsaved } = this.#view;
    if (!applied || this.#enter(applied) <= this.#kept) this.#settled = applied;
    const ack: SyncAck = {
      storeId: this.#settled?.storeId ?? '',
      revision: this.#settled?.revision ?? 0,
      refused: refused || (error?.message ?? unsaved?.message ?? ''),
      held,
    };
    const text = JSON.stringify(ack);
    if (!this.#session || !this.#described || this.#session.last === text) return;
    // The first one is on its way to the disk.
    if (applied && !this.#settled && ack.refused === '' && !held) return;
    this.#session.last = text;
    this.#session.acknowledge(ack);
  }

  /**
   * And acknowledges what is on disk then. What fails is tried again at the next look: what is on disk may have peers
   * that were revoked.
   */
  async #save(known: KnownNetwork | undefined): Promise<void> {
    await this.#saving.take(async () => {
      // Of those that wait only the newest counts.
      if (known !== this.#known) return;
      try {
        await (known ? this.#cache.write(known) : this.#cache.remove());
        if (known) this.#kept = this.#enter(known.network);
        if (this.#view.unsaved) this.#show({ unsaved: undefined });
      } catch (error) {
        this.#complain('state.unsaved', error);
        this.#show({ unsaved: asBanyanError(error) });
      }
    });
    this.#acknowledge();
  }

  #complain(event: 'state.unreadable' | 'state.unsaved' | 'network.failed', error: unknown): void {
    log.say(event, complaint(asBanyanError(error)));
  }
}

/** The key that counts for what an engine with this one describes, and the one that it may have next. */
function succeeded(
  known: KnownNetwork | undefined,
  key: PublicKey,
): Pick<KnownNetwork, 'engineKey' | 'nextEngineKey'> {
  return known?.engineKey.equals(key)
    ? { engineKey: key, nextEngineKey: known.nextEngineKey }
    : { engineKey: key };
}

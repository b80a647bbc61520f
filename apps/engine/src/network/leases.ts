import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '#errors';
import { Turns } from '#host';
import { Subnet } from '#network';
import { log } from '#log';
import { STORE, type Entry, type Store } from '../store/store.js';
import { chooseSubnet, hindering, poolSize, type Pool } from './choose-subnet.js';
import { LeaseTable } from './lease-table.js';
import { settlePool } from './settle-pool.js';

/** Injection token of the {@link Pool} that the settings name. */
export const POOL = Symbol('pool');

/** Two compares and two operations each, of the store's 128 of either. */
const BATCH = 60;
/** How long assignments go on that another engine on the same store keeps getting ahead of, milliseconds. */
const CONTENTION_MS = 30_000;

interface Request {
  readonly agentId: string;
  readonly name: string;
  readonly hostRoutes: readonly Subnet[];
  readonly had: Subnet | undefined;
  readonly resolve: (subnet: Subnet) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Which agent has which subnet. A lease is `leases/AGENT_ID` and `subnets/SUBNET`, made in one transaction
 * that holds only while neither is there: not even two engines give one subnet twice. It lasts until it is
 * released on purpose.
 */
@Injectable()
export class Leases implements OnModuleInit {
  #table = new LeaseTable();
  /** What the store holds may be more than the table: an outcome is unknown. */
  #stale = false;
  #requests: Request[] = [];
  #isWorking = false;
  /** What changes the store and then the table does so alone: a reading in between would undo the second. */
  readonly #turns = new Turns();

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(POOL) private readonly pool: Pool,
  ) {}

  /** @throws BanyanError `invalid` when the settings do not fit, or not what is in use; of the store. */
  async onModuleInit(): Promise<void> {
    await this.#load();
    await settlePool(this.store, this.pool, this.#table.size);
  }

  get vpcCidr(): Subnet {
    return this.pool.vpcCidr;
  }

  get used(): number {
    return this.#table.size;
  }

  get total(): number {
    return poolSize(this.pool);
  }

  of(agentId: string): Subnet | undefined {
    return this.#table.of(agentId);
  }

  /**
   * The subnet an agent has, else one that is free. It keeps one that its host has begun to route itself:
   * only an operator can say which of the two has to move.
   *
   * @param had by the agent's own account: taken before others while it is free, so that after a lost store
   *   all get what they had.
   * @throws BanyanError `exhausted` when none is free, `conflict` when all that are free clash with
   *   `hostRoutes`, of the store when it cannot be written.
   */
  assign(agentId: string, name: string, hostRoutes: readonly Subnet[], had?: Subnet): Promise<Subnet> {
    const own = this.of(agentId);
    if (own) {
      const clash = hindering(this.pool, hostRoutes).find((route) => route.overlaps(own));
      if (clash)
        log.say('subnet.clashes', `its host routes ${clash.text} itself, which overlaps its ${own.text}`, {
          name,
        });
      return Promise.resolve(own);
    }
    return new Promise((resolve, reject) => {
      this.#requests.push({ agentId, name, hostRoutes, had, resolve, reject });
      if (this.#isWorking) return;
      this.#isWorking = true;
      // Not at once: what is asked for in the same turn goes into the same transaction.
      queueMicrotask(() => void this.#work());
    });
  }

  /**
   * Frees an agent's subnet for others, unless another engine did so already and the subnet may be theirs. A
   * damaged lease is taken away; the subnet it may have been is not free.
   *
   * @returns undefined when it had none.
   * @throws BanyanError of the store.
   */
  release(agentId: string): Promise<Subnet | undefined> {
    return this.#turns.take(async () => {
      const giveUp = performance.now() + CONTENTION_MS;
      for (let subnet = this.of(agentId); subnet; subnet = this.of(agentId)) {
        if (await this.#free(agentId, subnet)) {
          this.#table.remove(agentId);
          return subnet;
        }
        if (performance.now() > giveUp) throw contended();
        await this.#load();
      }
      if (this.#table.isDamaged(agentId)) {
        await this.store.transact([], [{ kind: 'delete', key: LEASES + agentId }]);
        await this.#load();
      }
      return undefined;
    });
  }

  /** @returns false when it is not this agent's any more. */
  async #free(agentId: string, subnet: Subnet): Promise<boolean> {
    const [lease, owner] = keysOf(agentId, subnet);
    const held = await this.store.get(owner);
    if (held?.value !== agentId) return false;
    const deletions = [lease, owner].map((key) => ({ kind: 'delete', key }) as const);
    return this.store.transact([{ key: owner, revision: held.revision }], deletions);
  }

  async #work(): Promise<void> {
    while (this.#requests.length > 0) {
      const batch = this.#requests.splice(0, BATCH);
      try {
        await this.#turns.take(() => this.#assignAll(batch));
      } catch (error) {
        this.#stale = true;
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWorking = false;
  }

  async #assignAll(batch: readonly Request[]): Promise<void> {
    const giveUp = performance.now() + CONTENTION_MS;
    let open = batch;
    for (;;) {
      if (this.#stale) await this.#load();
      open = await this.#attempt(open);
      if (open.length === 0) return;
      if (performance.now() > giveUp) throw contended();
      this.#stale = true;
      await delay(Math.random() * 20);
    }
  }

  /** @returns the requests that are still open: the store holds more than we knew. */
  async #attempt(batch: readonly Request[]): Promise<readonly Request[]> {
    const chosen = new Map<string, Subnet>();
    const taken = new Set<string>();
    for (const { agentId, name, hostRoutes, had, reject } of batch) {
      if (this.of(agentId) || chosen.has(agentId)) continue;
      if (this.#table.isDamaged(agentId)) {
        reject(damagedLease(name));
        continue;
      }
      const isTaken = (text: string): boolean => this.#table.has(text) || taken.has(text);
      const subnet = chooseSubnet(this.pool, isTaken, hostRoutes, had);
      if (typeof subnet === 'string') {
        reject(this.#nothingFor(name, subnet));
        continue;
      }
      chosen.set(agentId, subnet);
      taken.add(subnet.text);
    }
    if (!(await this.#write(chosen))) return batch;
    for (const [agentId, subnet] of chosen) this.#table.add(agentId, subnet);
    for (const { agentId, resolve } of batch) {
      const subnet = this.of(agentId);
      if (subnet) resolve(subnet);
    }
    return [];
  }

  /** @returns false when something of it is there already. */
  async #write(chosen: ReadonlyMap<string, Subnet>): Promise<boolean> {
    if (chosen.size === 0) return true;
    const compares = [...chosen].flatMap(([agentId, subnet]) =>
      keysOf(agentId, subnet).map((key) => ({ key, revision: 0 })),
    );
    const puts = [...chosen].flatMap(([agentId, subnet]) => {
      const [lease, owner] = keysOf(agentId, subnet);
      return [
        { kind: 'put', key: lease, value: subnet.text },
        { kind: 'put', key: owner, value: agentId },
      ] as const;
    });
    return this.store.transact(compares, puts);
  }

  #nothingFor(name: string, why: 'taken' | 'clashes'): BanyanError {
    const { vpcCidr, subnetPrefix } = this.pool;
    if (why === 'clashes') {
      return new BanyanError(
        'conflict',
        `every free subnet of ${vpcCidr.text} overlaps a network that the host of ${name} routes itself`,
        { remedy: `Look at \`ip route\` there, or choose another vpc_cidr.` },
      );
    }
    return new BanyanError(
      'exhausted',
      `all ${this.total} subnets of /${subnetPrefix} in ${vpcCidr.text} are in use`,
      {
        remedy:
          'Free one with `banyan-engine forget --name NAME`, or set vpc_cidr to a larger network that contains this one and restart the engine.',
      },
    );
  }

  async #load(): Promise<void> {
    // Together: another engine on the same store may change both in between.
    const entries = await this.store.list(LEASES, SUBNETS);
    const under = (prefix: string): Entry[] => entries.filter(({ key }) => key.startsWith(prefix));
    const { table, damaged } = LeaseTable.read(under(LEASES), under(SUBNETS));
    for (const key of damaged) log.say('store.damaged', `the store's ${key} is no lease: nobody is given it`);
    this.#table = table;
    this.#stale = false;
  }
}

function contended(): BanyanError {
  return new BanyanError(
    'unavailable',
    'another engine on the same store keeps changing what subnets are free',
    {
      remedy: 'Run one engine for each network: stop the other.',
    },
  );
}

function damagedLease(name: string): BanyanError {
  return new BanyanError('host', `the store's entry on the subnet of ${name} is damaged`, {
    remedy: `Run \`banyan-engine forget --name ${name}\` and admit it again.`,
  });
}

const LEASES = 'leases/';
const SUBNETS = 'subnets/';

function keysOf(agentId: string, { text }: Subnet): readonly [lease: string, owner: string] {
  return [LEASES + agentId, SUBNETS + text.replace('/', '-')];
}

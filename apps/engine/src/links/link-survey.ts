import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { BanyanError } from '#errors';
import type { ListLinksRequest, ListLinksResponse, MeshAgent } from '#protocol';
import { NetworkService } from '../network/network.service.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { foremost } from './foremost.js';
import { countAll, countBySums, pairs, pairsOf } from './mesh-counts.js';
import { carried, meshLinks, ranked, type MeshPeer } from './mesh-links.js';
import { Readings } from './readings.js';
import { Rounds } from './rounds.js';

/** How long agents have to answer, milliseconds. */
const WAIT_MS = 2_000;
/** After this without a question, what agents said is forgotten. */
const FORGET_MS = 60_000;
/** Ends of links that all agents together are asked for in a round: a thousand agents have a million. */
const ENDS = 10_000;
/** And the least that each is. */
const LEAST = 8;
const USUAL = 500;
const MOST = 4_000;
/** Agents that may be named at a time. */
const NAMES = 16;

type Peer = MeshPeer & { readonly agentId: string };

/**
 * Asks all agents at once how their links are. However many watch, there is one round at a time and two in a second,
 * and what is asked of each agent shrinks as the network grows: the links that are down and the busiest first.
 */
@Injectable()
export class LinkSurvey implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #readings = new Readings();
  readonly #rounds = new Rounds<Asked>();
  /** Ids of the agents that have not answered their last question: nobody waits for these alone. */
  readonly #mute = new Set<string>();
  #reports: Subscription | undefined;
  #forget: NodeJS.Timeout | undefined;

  constructor(
    private readonly network: NetworkService,
    private readonly registry: AgentRegistry,
  ) {}

  onApplicationBootstrap(): void {
    this.#reports = this.network.linksReported.subscribe(({ agentId, report }) => {
      // Also one that comes late: it is waited for the next time.
      this.#mute.delete(agentId);
      if (this.#forget) this.#readings.note(agentId, report, performance.now());
    });
  }

  beforeApplicationShutdown(): void {
    this.#reports?.unsubscribe();
    clearTimeout(this.#forget);
  }

  /**
   * @param caller is not waited for once it has gone.
   * @throws BanyanError `not-found` when there is no agent in the network of a name that is asked for; `invalid` for too
   * many names; `exhausted` when too many ask.
   */
  async list(
    { most, agents, onlyDown }: ListLinksRequest,
    caller: { readonly cancelled: boolean },
  ): Promise<ListLinksResponse> {
    const named = new Set(agents);
    this.#refuse(named);
    const question = [onlyDown, ...[...named].sort()].join(' ');
    const asked = await this.#rounds.ask(question, () => this.#ask(named, onlyDown), caller);
    return this.#told(named, onlyDown, asked, Math.min(most || USUAL, MOST));
  }

  #refuse(named: ReadonlySet<string>): void {
    if (named.size > NAMES) {
      throw new BanyanError('invalid', `the links of more than ${NAMES} agents are asked for by name`, {
        remedy: 'Name fewer, or none for the links of all.',
      });
    }
    const names = new Set(this.network.feed.peers.map(({ name }) => name));
    const unknown = [...named].find((name) => !names.has(name));
    if (unknown === undefined) return;
    throw new BanyanError('not-found', 'there is no agent of this name in the network', {
      remedy: '`banyan-cli agents` lists all; one without a subnet is not in the network.',
    });
  }

  /** @returns whom, and when. */
  async #ask(named: ReadonlySet<string>, onlyDown: boolean): Promise<Asked> {
    this.#keepReadings();
    const peers = this.#peers();
    const whom = onlyDown ? peers.filter((peer) => this.#lacksLinks(peer, peers.length)) : peers;
    const now = performance.now();
    const [ofNamed, ofOthers] = [
      whom.filter(({ name }) => named.has(name)),
      whom.filter(({ name }) => !named.has(name)),
    ];
    const told = [
      ...this.network.tellAll(idsOf(ofNamed), question(shareOf(peers.length, ofNamed.length))),
      ...this.network.tellAll(idsOf(ofOthers), question(shareOf(peers.length))),
    ];
    await this.#answers(told, now);
    return { whom, atMs: now };
  }

  /** Settles when all have answered that did so the last time, or at the end of the wait. */
  async #answers(asked: readonly string[], sinceMs: number): Promise<void> {
    const prompt = asked.filter((id) => !this.#mute.has(id));
    const waiting = new Set(prompt.length > 0 ? prompt : asked);
    if (waiting.size === 0) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(end, WAIT_MS);
      const answers = this.network.linksReported.subscribe(({ agentId }) => {
        waiting.delete(agentId);
        if (waiting.size === 0) end();
      });
      function end(): void {
        clearTimeout(limit);
        answers.unsubscribe();
        resolve();
      }
    });
    for (const id of asked) {
      if (this.#readings.of(id, sinceMs)) this.#mute.delete(id);
      else this.#mute.add(id);
    }
  }

  #told(
    named: ReadonlySet<string>,
    onlyDown: boolean,
    { whom, atMs }: Asked,
    most: number,
  ): ListLinksResponse {
    const peers = this.#peers();
    const reading = ({ agentId }: Peer) => this.#readings.of(agentId, atMs);
    const wanted = (one: string, other: string): boolean =>
      named.size === 0 || named.has(one) || named.has(other);
    const byKey = new Map(peers.map((peer) => [peer.publicKey, peer]));
    const all = meshLinks(
      peers,
      ({ publicKey }) => {
        const peer = byKey.get(publicKey)!;
        const said = reading(peer);
        return said && { links: said.links, rates: (key) => this.#readings.rates(peer.agentId, key) };
      },
      wanted,
    );
    const { down, up } = ranked(all);
    const asked = new Set(whom.map(({ agentId }) => agentId));
    const reached = this.network.reached;
    const answered = peers.filter((peer) => reading(peer));
    const speaking = peers.filter(
      (peer) => reached.has(peer.agentId) && (!asked.has(peer.agentId) || reading(peer)),
    );
    const isWhole = !onlyDown && answered.every((peer) => reading(peer)!.leftOut === 0);
    const counts =
      named.size > 0
        ? countAll(all, pairsOf(named.size, peers.length))
        : isWhole
          ? countAll(all, pairs(peers.length))
          : countBySums(
              peers.length,
              speaking.map((peer) => this.#linksUp(peer)),
              all,
            );
    const { links, ...leftOut } = foremost(down, onlyDown ? [] : up, most);
    return {
      links: [...links],
      ...leftOut,
      ...counts,
      agents: peers.map((peer) => this.#meshAgent(peer, reading(peer) !== undefined)),
      perSecond: Math.min(
        Number.MAX_SAFE_INTEGER,
        all.reduce((sum, link) => sum + carried(link), 0),
      ),
    };
  }

  #meshAgent({ name }: Peer, hasAnswered: boolean): MeshAgent {
    if (hasAnswered) return { name, state: 'answered' };
    return { name, state: this.registry.named(name)?.online ? 'silent' : 'offline' };
  }

  /** Every agent of the network, by name. */
  #peers(): Peer[] {
    return this.network.feed.peers.flatMap(({ name, publicKey }) => {
      const agent = this.registry.named(name);
      return agent ? [{ name, publicKey, agentId: agent.id }] : [];
    });
  }

  #lacksLinks(peer: Peer, peers: number): boolean {
    return this.#linksUp(peer) < peers - 1;
  }

  #linksUp({ agentId }: Peer): number {
    return this.network.reportOf(agentId).count.up;
  }

  #keepReadings(): void {
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      this.#forget = undefined;
      this.#readings.clear();
      this.#mute.clear();
    }, FORGET_MS).unref();
  }
}

interface Asked {
  readonly whom: readonly Peer[];
  readonly atMs: number;
}

/** Links that each of those asked is asked for, of so many agents; 0: all of its. */
export function shareOf(agents: number, asked = agents): number {
  const share = Math.max(LEAST, Math.floor(ENDS / Math.max(1, asked)));
  return share >= agents - 1 ? 0 : share;
}

function question(most: number) {
  return { message: { $case: 'linkReportRequest' as const, value: { most } } };
}

function idsOf(peers: readonly Peer[]): ReadonlySet<string> {
  return new Set(peers.map(({ agentId }) => agentId));
}

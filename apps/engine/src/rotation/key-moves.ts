import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, merge, Subject, timer } from 'rxjs';
import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import type { KeyMoveReady, KeyMoveUnready } from '#protocol';
import { NetworkService } from '../network/network.service.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import type { Agent } from '../registry/agent.js';
import { leadTimes } from './lead-times.js';

/** How long agents have to prepare, milliseconds. */
const READY_MS = 5_000;

/** Who has changed over, and who was away or has left meanwhile, and follows on return. Names; everybody is in one. */
export interface KeyMoveResult {
  readonly moved: readonly string[];
  readonly offline: readonly string[];
}

interface Answer {
  readonly agentId: string;
  /** Neither: it left. */
  readonly ready?: KeyMoveReady;
  readonly unready?: KeyMoveUnready;
}

/**
 * Has all hosts of the network change from an agent's key to its next at one moment. An interface has one key, so
 * whoever is early or late loses the packets in between: peers know the new key before, and the moment is told to each
 * of them less the way there. Not for two agents at once: a network that is described meanwhile ends a preparation.
 */
@Injectable()
export class KeyMoves {
  readonly #answers = new Subject<Answer>();
  #last = 0;

  constructor(
    private readonly network: NetworkService,
    private readonly registry: AgentRegistry,
  ) {
    // An agent that was cut off leaves an older stream behind, which closes while it answers on another.
    network.left
      .pipe(filter((agentId) => !network.reached.has(agentId)))
      .subscribe((agentId) => this.#answers.next({ agentId }));
    merge(network.readyToMove, network.unreadyToMove).subscribe((answer) => this.#answers.next(answer));
  }

  /**
   * @returns when they have; nobody, when the agent has no network or does not follow it.
   * @throws BanyanError `unavailable` with the name of who cannot prepare, or of those who did not; nothing has changed
   *   then.
   */
  async move(agent: Agent, to: PublicKey): Promise<KeyMoveResult> {
    const peers = [...this.registry.agents()].filter(({ publicKey }) =>
      this.network.feed.has(publicKey.text),
    );
    const others = peers.filter(({ id }) => id !== agent.id);
    const before = this.network.reached;
    if (!peers.includes(agent) || !before.has(agent.id)) {
      return { moved: [], offline: names(others.filter(({ id }) => !before.has(id))) };
    }
    const move = ++this.#last;
    const asked = peers.filter(({ id }) => before.has(id));
    const request = { move, publicKey: agent.publicKey.text, newPublicKey: to.text };
    const { ways, failed } = await this.#prepare(asked, request);
    const reached = this.network.reached;
    // Whoever has left follows on return, as those who were away; but not the one whose key it is.
    const isLate = (one: Agent): boolean => !ways.has(one.id) && reached.has(one.id);
    const late = asked.filter((one) => isLate(one) || (one === agent && !reached.has(agent.id)));
    if (failed || late.length > 0) {
      this.#tell(asked, () => ({ move, calledOff: true, inMs: 0 }));
      if (failed)
        throw notReady(
          asked.find(({ id }) => id === failed.agentId)!,
          failed.unready!.why,
          failed.agentId === agent.id,
        );
      throw new BanyanError('unavailable', `no answer from ${names(late).join(', ')}: nothing was changed`, {
        remedy: `See \`banyan-cli agents\`; try again when they answer, or stop them: they follow when they return. What never answers can be removed: \`banyan-engine remove-client --name ${late[0]!.name}\`.`,
      });
    }
    const going = asked.filter(({ id }) => reached.has(id));
    const { lead, inMs } = leadTimes(new Map(going.map(({ id }) => [id, ways.get(id)!])));
    this.#tell(going, (id) => ({ move, calledOff: false, inMs: inMs.get(id)! }));
    await firstValueFrom(timer(lead));
    return {
      moved: names(others.filter((one) => going.includes(one))),
      offline: names(others.filter((one) => !going.includes(one))),
    };
  }

  /** @returns milliseconds there and back, by agent, of those who are ready; and the first who cannot be. */
  async #prepare(
    asked: readonly Agent[],
    value: { readonly move: number; readonly publicKey: string; readonly newPublicKey: string },
  ): Promise<{ ways: ReadonlyMap<string, number>; failed: Answer | undefined }> {
    const ways = new Map<string, number>();
    const sentAt = new Map<string, number>();
    const waiting = new Set(asked.map(({ id }) => id));
    const all = this.#answers.pipe(
      filter(({ agentId, ready, unready }) => {
        if ((ready ?? unready ?? value).move !== value.move || !waiting.has(agentId)) return false;
        if (unready) return true;
        if (ready) ways.set(agentId, Math.max(0, performance.now() - sentAt.get(agentId)! - ready.tookMs));
        return waiting.delete(agentId) && waiting.size === 0;
      }),
    );
    const end = firstValueFrom(merge(all, timer(READY_MS)));
    for (const { id } of asked) {
      sentAt.set(id, performance.now());
      this.network.tell(id, { message: { $case: 'keyMove', value } });
    }
    const last = await end;
    return { ways, failed: last !== 0 && last.unready ? last : undefined };
  }

  #tell(
    agents: readonly Agent[],
    order: (id: string) => { move: number; calledOff: boolean; inMs: number },
  ): void {
    for (const { id } of agents) {
      this.network.tell(id, { message: { $case: 'keyMoveOrder', value: order(id) } });
    }
  }
}

/** @param isOwner whether it is the one whose key it is, without which there is nothing to do. */
function notReady({ name }: Agent, why: string, isOwner: boolean): BanyanError {
  const other = isOwner ? '' : `, or stop the agent on ${name}: it follows when it returns`;
  return new BanyanError('unavailable', `${name} is not ready: ${why}; nothing was changed`, {
    remedy: `Mend that and try again${other}.`,
  });
}

function names(agents: readonly Agent[]): string[] {
  return agents.map(({ name }) => name).sort();
}

import { Controller, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod, Payload } from '@nestjs/microservices';
import { BanyanError } from '#errors';
import type {
  ListLinksRequest,
  ListLinksResponse,
  MeasuredLink,
  MeasureLinksRequest,
  MeasureLinksResponse,
  PingAgentRequest,
  PingAgentResponse,
} from '#protocol';
import { AllowedTo, Call, type GatedCall } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { LinkSurvey } from '../links/link-survey.js';
import { NetworkService } from '../network/network.service.js';
import { PING_WAIT_MS, Pings } from '../probe/pings.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import type { Agent } from '../registry/agent.js';
import { ErrorsFilter } from './errors.filter.js';

/** Agents that measure their links to one at a time. */
const MEASURING = 16;

/** What `banyan-cli` asks of the agents themselves, through the engine. Changes nothing. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class MeshController {
  constructor(
    private readonly registry: AgentRegistry,
    private readonly network: NetworkService,
    private readonly survey: LinkSurvey,
    private readonly pings: Pings,
  ) {}

  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'listLinks')
  listLinks(@Payload() request: ListLinksRequest, @Call() call: GatedCall): Promise<ListLinksResponse> {
    return this.survey.list(request, call);
  }

  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'pingAgent')
  async pingAgent({ agent: name }: PingAgentRequest): Promise<PingAgentResponse> {
    const agent = this.#named(name);
    const answer = await this.pings.ping(agent.id);
    return {
      state: agent.online ? 'online' : 'offline',
      channel: agent.channel ?? '',
      lastSeenMs: agent.lastSeenMs,
      // 0 is no answer.
      roundTripUs: answer ? Math.max(1, Math.round(answer.tookMs * 1_000)) : 0,
      waitMs: PING_WAIT_MS,
    };
  }

  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'measureLinks')
  async measureLinks({ agent: name, from }: MeasureLinksRequest): Promise<MeasureLinksResponse> {
    const to = this.#named(name);
    const others = from === '' ? this.#peersBut(to) : [this.#named(from)];
    const { reached } = this.network;
    const connected = others.filter(({ id }) => reached.has(id));
    const asked = connected.slice(0, MEASURING);
    const links = await Promise.all(asked.map((agent) => this.#measured(agent, to)));
    return {
      links,
      offline: others.length - connected.length,
      leftOut: connected.length - asked.length,
    };
  }

  async #measured(by: Agent, to: Agent): Promise<MeasuredLink> {
    const answer = await this.pings.ping(by.id, to.publicKey.text);
    const { link } = answer ?? {};
    return {
      from: by.name,
      state: !answer ? 'silent' : !link ? 'none' : link.up ? 'up' : 'down',
      roundTripUs: link?.roundTripUs ?? 0,
      latestHandshakeMs: link?.latestHandshakeMs ?? 0,
    };
  }

  /** By name. */
  #peersBut(one: Agent): Agent[] {
    const peers = this.network.feed.peers.map((peer) => this.registry.named(peer.name));
    return peers.flatMap((agent) => (agent && agent !== one ? [agent] : []));
  }

  #named(name: string): Agent {
    const agent = this.registry.named(name);
    if (agent) return agent;
    throw new BanyanError('not-found', `there is no agent of this name`, {
      remedy: '`banyan-cli agents` lists all.',
    });
  }
}

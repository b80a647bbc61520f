import { Controller, Inject, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { CallContext } from '#channel';
import { BanyanError } from '#errors';
import type {
  ListAgentsResponse,
  ListClientsResponse,
  ListPeersRequest,
  ListPeersResponse,
  StatusResponse,
} from '#protocol';
import { AllowedTo, Caller } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { NetworkService } from '../network/network.service.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { shownAgent, shownLinks } from './agents.js';
import { listClients } from './clients.js';
import { ErrorsFilter } from './errors.filter.js';

/** What `banyan-cli` asks, from any host with an admitted key. Reads only. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class OperatorController {
  constructor(
    @Inject(ENGINE) private readonly engine: EngineIdentity,
    private readonly registry: AgentRegistry,
    private readonly network: NetworkService,
    private readonly whitelist: WhitelistService,
  ) {}

  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'status')
  status(_: unknown, @Caller() caller: CallContext): StatusResponse {
    const agents = this.registry.list();
    return {
      identity: caller.name ?? '',
      channel: caller.connection?.path ?? '',
      engineVersion: this.engine.version,
      enginePublicKey: this.engine.publicKey.text,
      startedAtMs: this.engine.startedAtMs,
      agentsOnline: agents.filter(({ state }) => state === 'online').length,
      agentsTotal: agents.length,
      clientsAdmitted: this.whitelist.snapshot.size,
      nowMs: Date.now(),
    };
  }

  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'listAgents')
  listAgents(): ListAgentsResponse {
    return {
      agents: this.registry.list().map((agent) => shownAgent(agent, this.network)),
      revision: this.network.feed.revision,
    };
  }

  /** Asks the agent itself, if it is connected. */
  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'listPeers')
  async listPeers({ agent: name }: ListPeersRequest): Promise<ListPeersResponse> {
    const agent = this.registry.named(name);
    if (!agent) {
      throw new BanyanError('not-found', `there is no agent of this name`, {
        remedy: '`banyan-cli agents` lists all.',
      });
    }
    const report = await this.network.links(agent);
    return { links: shownLinks(agent.publicKey, this.network, report), reportedAtMs: report.linksAtMs };
  }

  @AllowedTo('cli')
  @GrpcMethod('OperatorService', 'listClients')
  listClients(): ListClientsResponse {
    return listClients(this.whitelist);
  }
}

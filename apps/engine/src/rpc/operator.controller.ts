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
import { Strangers } from '../auth/strangers.js';
import { EngineWarnings } from '../engine-warnings.js';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { Leases } from '../network/leases.js';
import { NetworkService } from '../network/network.service.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { LastSeen } from '../seen/last-seen.js';
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
    private readonly leases: Leases,
    private readonly strangers: Strangers,
    private readonly warnings: EngineWarnings,
    private readonly lastSeen: LastSeen,
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
      whitelist: countByState(this.whitelist.snapshot.entries()),
      // Who they are is for the engine's own host.
      keysPending: this.strangers.list().length,
      vpcCidr: this.network.vpcCidr,
      subnetsUsed: this.leases.used,
      subnetsTotal: this.leases.total,
      directoryError: this.whitelist.directoryError ?? '',
      warnings: this.warnings.list(),
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
    return listClients(this.whitelist, this.lastSeen);
  }
}

function countByState(entries: readonly { readonly state: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of entries) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

import { Controller, Inject, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { CallContext } from '#channel';
import { tunnelAddress } from '#crypto';
import { ListAgentsResponse, type ListClientsResponse, type StatusResponse } from '#protocol';
import { AllowedTo, Caller } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
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
    private readonly whitelist: WhitelistService,
  ) {}

  @AllowedTo('client')
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
    };
  }

  @AllowedTo('client')
  @GrpcMethod('OperatorService', 'listAgents')
  listAgents(): ListAgentsResponse {
    return ListAgentsResponse.fromPartial({
      agents: this.registry.list().map((agent) => ({
        name: agent.name,
        publicKey: agent.publicKey.text,
        tunnelAddress: tunnelAddress(agent.publicKey),
        state: agent.state,
        lastSeenMs: agent.lastSeenMs,
        channel: agent.channel ?? '',
        version: agent.version,
        tags: [...agent.tags],
      })),
    });
  }

  @AllowedTo('client')
  @GrpcMethod('OperatorService', 'listClients')
  listClients(): ListClientsResponse {
    return listClients(this.whitelist);
  }
}

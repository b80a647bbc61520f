import { Controller, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { BanyanError } from '#errors';
import type {
  AdoptResponse,
  ForgetRequest,
  ForgetResponse,
  ReleaseRequest,
  ReleaseResponse,
} from '#protocol';
import { log } from '#log';
import { Actors } from '../audit/actors.js';
import { AuditLog } from '../audit/audit-log.js';
import { agentForgotten, storeAdopted, subnetReleased } from '../audit/events.js';
import { AllowedTo } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { NetworkService } from '../network/network.service.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import type { Agent } from '../registry/agent.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { ErrorsFilter } from './errors.filter.js';

/** What `banyan-engine` changes about the network, on the engine's own host, through the admin socket. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class NetworkAdminController {
  constructor(
    private readonly whitelist: WhitelistService,
    private readonly registry: AgentRegistry,
    private readonly network: NetworkService,
    private readonly audit: AuditLog,
    private readonly actors: Actors,
  ) {}

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'release')
  async release({ name }: ReleaseRequest): Promise<ReleaseResponse> {
    const agent = this.#offline(name);
    const subnet = await this.network.release(agent);
    if (!subnet) {
      throw new BanyanError('not-found', `${agent.name} has no subnet`, {
        remedy: '`banyan-engine status` counts the subnets in use, `banyan-cli agents` shows whose they are.',
      });
    }
    this.audit.record(subnetReleased(agent.name, subnet.text));
    log.say('subnet.released', `${subnet.text} is free again`, { name: agent.name, subnet: subnet.text });
    return { subnet: subnet.text };
  }

  /** In this order: what is left when it fails half-way can be forgotten again. */
  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'forget')
  async forget({ name }: ForgetRequest): Promise<ForgetResponse> {
    const agent = this.#offline(name);
    const revoked = this.whitelist.snapshot.named(agent.name) !== undefined;
    if (revoked) {
      await this.actors.as('admin socket', agent.name, () => this.whitelist.remove(agent.name));
    }
    const subnet = await this.network.release(agent);
    await this.registry.forget(agent);
    this.audit.record(agentForgotten(agent.name, subnet?.text));
    log.say('agent.forgotten', `forgotten${subnet ? `, with its subnet ${subnet.text}` : ''}`, {
      name: agent.name,
    });
    return { subnet: subnet?.text ?? '', revoked };
  }

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'adopt')
  async adopt(): Promise<AdoptResponse> {
    const told = holding(this.registry, this.network);
    await this.network.adopt();
    this.audit.record(storeAdopted(this.network.storeId, told));
    log.say('store.adopted', `store ${this.network.storeId} is adopted`);
    return { storeId: this.network.storeId, told };
  }

  #offline(name: string): Agent {
    const agent = this.registry.named(name);
    if (!agent) {
      throw new BanyanError('not-found', 'no agent of this name has ever registered', {
        remedy: '`banyan-cli agents` lists all; `banyan-engine remove-client` takes a key off the whitelist.',
      });
    }
    if (!agent.online) return agent;
    throw new BanyanError('conflict', `${agent.name} is online`, {
      remedy: `Stop its agent first, or revoke it: banyan-engine remove-client --name ${agent.name}`,
    });
  }
}

/** Names of the agents that keep the network of another store until this one is adopted. */
export function holding(registry: AgentRegistry, network: NetworkService): string[] {
  return registry
    .list()
    .filter(({ id, state }) => state === 'online' && network.reportOf(id).held)
    .map(({ name }) => name);
}

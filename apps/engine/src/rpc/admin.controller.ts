import { Controller, Inject, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { filter, firstValueFrom, map, timeout, TimeoutError } from 'rxjs';
import { Gate, type Path } from '#channel';
import type { EngineSettings } from '#config';
import { BanyanError } from '#errors';
import type {
  AddClientRequest,
  AddClientResponse,
  AwaitClientRequest,
  AwaitClientResponse,
  EngineStatusResponse,
  ListClientsResponse,
  ListPendingResponse,
  RemoveClientRequest,
  RemoveClientResponse,
} from '#protocol';
import { Actors } from '../audit/actors.js';
import { KnownClients } from '../audit/known-clients.js';
import { AllowedTo } from '../auth/access.js';
import { Arrivals } from '../auth/arrivals.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { Strangers } from '../auth/strangers.js';
import { EngineWarnings } from '../engine-warnings.js';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { Succession } from '../keys/succession.js';
import { Leases } from '../network/leases.js';
import { NetworkService } from '../network/network.service.js';
import type { Receipt } from '../network/receipt.js';
import { Receipts } from '../network/receipts.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { LastSeen } from '../seen/last-seen.js';
import { SETTINGS } from '../settings.js';
import { ControlTunnel } from '../tunnel/control-tunnel.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { listClients } from './clients.js';
import { ErrorsFilter } from './errors.filter.js';
import { holding } from './network-admin.controller.js';

const MOST_WAIT_MS = 3_600_000;
/** Of a key that was in no network. */
const NO_RECEIPT: Receipt = {
  applied: [],
  pending: [],
  offline: [],
  refused: [],
  published: false,
  milliseconds: 0,
};

/** What `banyan-engine` asks on the engine's own host, through the admin socket. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class AdminController {
  constructor(
    @Inject(ENGINE) private readonly engine: EngineIdentity,
    @Inject(SETTINGS) private readonly settings: EngineSettings,
    private readonly whitelist: WhitelistService,
    private readonly registry: AgentRegistry,
    private readonly tunnel: ControlTunnel,
    private readonly arrivals: Arrivals,
    private readonly gate: Gate,
    private readonly network: NetworkService,
    private readonly leases: Leases,
    private readonly receipts: Receipts,
    private readonly succession: Succession,
    private readonly actors: Actors,
    private readonly strangers: Strangers,
    private readonly known: KnownClients,
    private readonly warnings: EngineWarnings,
    private readonly lastSeen: LastSeen,
  ) {}

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'engineStatus')
  engineStatus(): EngineStatusResponse {
    const agents = this.registry.list();
    const entries = this.whitelist.snapshot.entries();
    const connections = this.gate.connections.countByPath();
    const { previousFingerprint, notLearned } = this.succession.report;
    return {
      version: this.engine.version,
      publicKey: this.engine.publicKey.text,
      fingerprint: this.engine.publicKey.fingerprint,
      startedAtMs: this.engine.startedAtMs,
      grpcPort: this.settings.grpcPort,
      tunnelUp: this.tunnel.up,
      tunnelDetail: this.tunnel.detail,
      storeBackend: this.settings.storeBackend,
      whitelistedKeysDir: this.settings.whitelistedKeysDir,
      directoryError: this.whitelist.directoryError ?? '',
      clientsAdmitted: this.whitelist.snapshot.size,
      clientsRefused: entries.length - this.whitelist.snapshot.size,
      agentsOnline: agents.filter(({ state }) => state === 'online').length,
      agentsTotal: agents.length,
      headerAuth: this.settings.headerAuth,
      warnings: this.warnings.list(),
      vpcCidr: this.network.vpcCidr,
      subnetsUsed: this.leases.used,
      subnetsTotal: this.leases.total,
      revision: this.network.feed.revision,
      storeId: this.network.storeId,
      holding: holding(this.registry, this.network),
      connectionsTunnel: connections.get('tunnel') ?? 0,
      connectionsDirect: connections.get('direct') ?? 0,
      previousFingerprint,
      notLearned,
    };
  }

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'listClients')
  listClients(): ListClientsResponse {
    return listClients(this.whitelist, this.lastSeen);
  }

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'addClient')
  async addClient({ name, publicKey, ...more }: AddClientRequest): Promise<AddClientResponse> {
    const added = await this.actors.as('admin socket', name, () => this.whitelist.add(name, publicKey, more));
    return {
      path: added.path,
      tunnelAddress: added.tunnelAddress,
      fingerprint: added.publicKey.fingerprint,
    };
  }

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'removeClient')
  async removeClient({ name, waitMs }: RemoveClientRequest): Promise<RemoveClientResponse> {
    const client = this.whitelist.snapshot.named(name);
    const connectionsClosed = client ? this.gate.connections.of(client.publicKey).length : 0;
    // While a key is being rotated, agents may still have the one before.
    const peer = this.network.feed.peers.find(
      (one) => one.name === name || one.publicKey === client?.publicKey.text,
    );
    const {
      admitted,
      removed,
      expired = '',
      copyOf = '',
    } = await this.actors.as('admin socket', name, () => this.whitelist.remove(name));
    const receipt =
      peer === undefined || copyOf !== ''
        ? NO_RECEIPT
        : await this.receipts.of(
            new Set([admitted, removed].flatMap((one) => one?.publicKey.text ?? []).concat(peer.publicKey)),
            Math.min(waitMs, MOST_WAIT_MS),
          );
    const { applied, pending, offline, refused, published, milliseconds: elapsedMs } = receipt;
    return {
      publicKey: (removed ?? admitted)?.publicKey.text ?? '',
      connectionsClosed,
      applied: [...applied],
      pending: [...pending],
      offline: [...offline],
      refused: [...refused],
      elapsedMs,
      expired,
      copyOf,
      published,
    };
  }

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'listPending')
  listPending(): ListPendingResponse {
    const keys = this.strangers.list().map(({ publicKey, firstMs, lastMs, times, address, path, role }) => ({
      publicKey: publicKey.text,
      fingerprint: publicKey.fingerprint,
      firstSeenMs: firstMs,
      lastSeenMs: lastMs,
      times,
      address,
      channel: path,
      role: role ?? '',
      formerName: this.known.revokedName(publicKey.text) ?? '',
    }));
    return { keys };
  }

  @AllowedTo('admin')
  @GrpcMethod('AdminService', 'awaitClient')
  async awaitClient({ name, timeoutMs }: AwaitClientRequest): Promise<AwaitClientResponse> {
    const started = performance.now();
    const answer = (connected: boolean, channel: Path | ''): AwaitClientResponse => ({
      connected,
      channel,
      elapsedMs: Math.round(performance.now() - started),
    });
    const client = this.whitelist.snapshot.named(name);
    if (!client) throw new BanyanError('not-found', `${name} is not on the whitelist`);
    const here = this.gate.connections
      .of(client.publicKey)
      .find((one) => one.provenKey && this.arrivals.has(one));
    if (here) return answer(true, here.path);
    const arrival = this.arrivals.stream.pipe(
      filter((seen) => seen.name === name && seen.proven),
      map(({ path }) => path),
      timeout({ first: Math.min(timeoutMs, MOST_WAIT_MS) }),
    );
    try {
      return answer(true, await firstValueFrom(arrival));
    } catch (error) {
      if (error instanceof TimeoutError) return answer(false, '');
      throw error;
    }
  }
}

import { Controller, Inject, Logger, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod, GrpcStreamMethod, Payload } from '@nestjs/microservices';
import { Observable } from 'rxjs';
import { CallContext } from '#channel';
import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import {
  PROTOCOL_VERSION,
  type HealthResponse,
  type HeartbeatResponse,
  type RegisterResponse,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import { AllowedTo, Caller } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { AgentRegistry, type Presence } from '../registry/agent-registry.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { ErrorsFilter } from './errors.filter.js';
import { RegisterDto } from './register.dto.js';
import { payloadValidation } from './validation.js';

/** What agents call; see `proto/banyan/v1/engine.proto`. An agent's name is its whitelist name, never what it reports. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class EngineController {
  readonly #log = new Logger('agents');

  constructor(
    @Inject(ENGINE) private readonly engine: EngineIdentity,
    private readonly registry: AgentRegistry,
    private readonly whitelist: WhitelistService,
  ) {}

  @AllowedTo('anyone')
  @GrpcMethod('EngineService', 'health')
  health(): HealthResponse {
    return { status: 'ok', publicKey: this.engine.publicKey.text, version: this.engine.version };
  }

  @AllowedTo('client')
  @GrpcMethod('EngineService', 'register')
  async register(
    @Payload(payloadValidation) report: RegisterDto,
    @Caller() caller: CallContext,
  ): Promise<RegisterResponse> {
    const { name, publicKey } = this.#client(caller);
    if (report.protocolVersion > PROTOCOL_VERSION) {
      throw new BanyanError(
        'invalid',
        `this engine speaks protocol ${PROTOCOL_VERSION}, ${name} speaks ${report.protocolVersion}`,
        {
          remedy: 'Upgrade banyan-engine first, then its agents.',
        },
      );
    }
    await this.registry.register({ name, publicKey }, report);
    return { registryUrl: '', vpcCidr: '', allocatedSubnet: '', name, protocolVersion: PROTOCOL_VERSION };
  }

  @AllowedTo('client')
  @GrpcMethod('EngineService', 'heartbeat')
  heartbeat(_: unknown, @Caller() caller: CallContext): HeartbeatResponse {
    this.registry.heartbeat(this.#client(caller).name);
    return { vpcPeers: [] };
  }

  /** Presence for as long as it is open. Ends with UNAVAILABLE when the engine stops, so that agents look for it again. */
  @AllowedTo('client')
  @GrpcStreamMethod('EngineService', 'sync')
  sync(
    @Payload() messages: Observable<SyncRequest>,
    @Caller() caller: CallContext,
  ): Observable<SyncResponse> {
    const { name } = this.#client(caller);
    const path = caller.connection?.path ?? 'direct';
    return new Observable((responses) => {
      let presence: Presence | undefined;
      const stopping = this.engine.draining.subscribe(() =>
        responses.error(new BanyanError('unavailable', 'the engine is stopping')),
      );
      const reading = messages.subscribe({
        next: ({ message }) => {
          if (message?.$case !== 'hello' || presence) return;
          try {
            presence = this.registry.opened(name, path);
          } catch (error) {
            // Thrown in here it would reach nobody and end the process.
            responses.error(error);
            return;
          }
          this.#log.log(`${name} is online by ${path}`);
          responses.next({
            message: { $case: 'welcome', value: { name, engineVersion: this.engine.version } },
          });
        },
        error: (error) => responses.error(error),
        complete: () => responses.complete(),
      });
      return () => {
        stopping.unsubscribe();
        reading.unsubscribe();
        if (!presence) return;
        presence.close();
        this.#log.log(`${name} closed its stream`);
      };
    });
  }

  /** The caller's whitelist entry as it is now: a rename since the connection opened counts. */
  #client(caller: CallContext): { name: string; publicKey: PublicKey } {
    const client = caller.name === undefined ? undefined : this.whitelist.snapshot.named(caller.name);
    if (!client) throw new BanyanError('unauthenticated', 'the key of this connection was revoked');
    return client;
  }
}

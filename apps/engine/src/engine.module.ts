import { Module, type DynamicModule } from '@nestjs/common';
import { Gate } from '#channel';
import type { EngineSettings } from '#config';
import { AuditModule } from './audit/audit.module.js';
import { KeyTrail } from './audit/key-trail.js';
import { WhitelistTrail } from './audit/whitelist-trail.js';
import { Arrivals } from './auth/arrivals.js';
import { AuthGuard, HEADER_AUTH } from './auth/auth.guard.js';
import { Limits } from './auth/limits.js';
import { Strangers } from './auth/strangers.js';
import { AgentWatch } from './events/agent-watch.js';
import { CallLog } from './events/call-log.js';
import { NotableEvents } from './events/notable-events.js';
import { ENGINE, type EngineIdentity } from './identity.js';
import { EngineWarnings } from './engine-warnings.js';
import { EngineKeys } from './keys/engine-keys.js';
import { Succession } from './keys/succession.js';
import { LinkSurvey } from './links/link-survey.js';
import { Revocation } from './revocation.js';
import { MemoryAtRest } from './memory/memory-at-rest.js';
import { EngineMetrics } from './metrics/engine-metrics.js';
import { Adoption } from './network/adoption.js';
import { Leases, POOL } from './network/leases.js';
import { Locator } from './network/locator.js';
import { NetworkService } from './network/network.service.js';
import { Receipts } from './network/receipts.js';
import { SeenStore } from './network/seen-store.js';
import { StoreIdentity } from './network/store-identity.js';
import { SyncStreams } from './network/sync-streams.js';
import { Pings } from './probe/pings.js';
import { Prober } from './probe/prober.js';
import { AgentRegistry } from './registry/agent-registry.js';
import { AdminController } from './rpc/admin.controller.js';
import { EngineController } from './rpc/engine.controller.js';
import { EventsController } from './rpc/events.controller.js';
import { KeyAdminController } from './rpc/key-admin.controller.js';
import { LogAdminController } from './rpc/log-admin.controller.js';
import { MeshController } from './rpc/mesh.controller.js';
import { NetworkAdminController } from './rpc/network-admin.controller.js';
import { OperatorController } from './rpc/operator.controller.js';
import { RotationController } from './rpc/rotation.controller.js';
import { FormerKeys } from './rotation/former-keys.js';
import { KeyMoves } from './rotation/key-moves.js';
import { ROTATION_TIMING, Rotations, TIMING } from './rotation/rotations.js';
import { LastSeen } from './seen/last-seen.js';
import { SETTINGS } from './settings.js';
import { storeOptions } from './store/open.js';
import { StoreModule } from './store/store.module.js';
import { ControlTunnel } from './tunnel/control-tunnel.js';
import { WhitelistModule } from './whitelist/whitelist.module.js';

/** The engine's parts and how they know each other. The gate is made outside: the transport needs it before Nest is there. */
@Module({})
export class EngineModule {
  static forRoot(
    settings: EngineSettings,
    engine: Omit<EngineIdentity, 'publicKey'>,
    gate: Gate,
    keys: EngineKeys,
  ): DynamicModule {
    const identity: EngineIdentity = {
      ...engine,
      get publicKey() {
        return keys.current.publicKey;
      },
    };
    return {
      module: EngineModule,
      imports: [
        AuditModule.forRoot(settings.stateDir),
        WhitelistModule.forRoot({
          directory: settings.whitelistedKeysDir,
          stateDir: settings.stateDir,
          ownKeys: keys.own,
        }),
        StoreModule.forRoot(storeOptions(settings)),
      ],
      controllers: [
        EngineController,
        OperatorController,
        EventsController,
        RotationController,
        AdminController,
        NetworkAdminController,
        KeyAdminController,
        LogAdminController,
        MeshController,
      ],
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: ENGINE, useValue: identity },
        // Made here, so that it misses nothing of what is said while the others are made.
        { provide: NotableEvents, useValue: new NotableEvents() },
        { provide: Gate, useValue: gate },
        { provide: EngineKeys, useValue: keys },
        { provide: POOL, useValue: { vpcCidr: settings.vpcCidr, subnetPrefix: settings.subnetPrefix } },
        { provide: SeenStore, useValue: new SeenStore(settings.stateDir) },
        { provide: ROTATION_TIMING, useValue: TIMING },
        { provide: HEADER_AUTH, useValue: settings.headerAuth },
        Adoption,
        AgentRegistry,
        AgentWatch,
        Arrivals,
        AuthGuard,
        CallLog,
        ControlTunnel,
        FormerKeys,
        KeyMoves,
        KeyTrail,
        EngineMetrics,
        EngineWarnings,
        LastSeen,
        Leases,
        Limits,
        LinkSurvey,
        Locator,
        MemoryAtRest,
        NetworkService,
        Pings,
        Prober,
        StoreIdentity,
        Receipts,
        Revocation,
        SyncStreams,
        Rotations,
        Succession,
        Strangers,
        WhitelistTrail,
      ],
    };
  }
}

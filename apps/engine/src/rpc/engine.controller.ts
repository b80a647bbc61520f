import { Controller, Inject, UseFilters, UseGuards } from '@nestjs/common';
import { GrpcMethod, GrpcStreamMethod, Payload } from '@nestjs/microservices';
import { Observable, startWith } from 'rxjs';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { CallContext, Gate, type Connection, type Path } from '#channel';
import type { PublicKey } from '#crypto';
import { BanyanError } from '#errors';
import { Subnet } from '#network';
import {
  PROTOCOL_VERSION,
  type ConfirmEngineKeyResponse,
  type EngineKey,
  type HealthResponse,
  type HeartbeatResponse,
  type ProbeRequest,
  type ProbeResponse,
  type RegisterRequest,
  type RegisterResponse,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import { log } from '#log';
import { AllowedTo, Call, Caller } from '../auth/access.js';
import { AuthGuard } from '../auth/auth.guard.js';
import { denialOf } from '../auth/permit.js';
import { ENGINE, type EngineIdentity } from '../identity.js';
import { Succession } from '../keys/succession.js';
import type { Outlet } from '../network/network-stream.js';
import { NetworkService } from '../network/network.service.js';
import { SyncSession } from '../network/sync-session.js';
import { SyncStreams } from '../network/sync-streams.js';
import { Prober } from '../probe/prober.js';
import { AgentRegistry } from '../registry/agent-registry.js';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { ErrorsFilter } from './errors.filter.js';
import { checkedReport } from './register-report.js';

/** What agents call; see `proto/banyan/v1/engine.proto`. An agent's name is its whitelist name, never what it reports. */
@Controller()
@UseGuards(AuthGuard)
@UseFilters(ErrorsFilter)
export class EngineController {
  constructor(
    @Inject(ENGINE) private readonly engine: EngineIdentity,
    private readonly registry: AgentRegistry,
    private readonly network: NetworkService,
    private readonly whitelist: WhitelistService,
    private readonly streams: SyncStreams,
    private readonly gate: Gate,
    private readonly prober: Prober,
    private readonly succession: Succession,
  ) {}

  @AllowedTo('anyone')
  @GrpcMethod('EngineService', 'health')
  health(): HealthResponse {
    return { status: 'ok', publicKey: this.engine.publicKey.text, version: this.engine.version };
  }

  @AllowedTo('agent')
  @GrpcMethod('EngineService', 'register')
  async register(
    @Payload(checkedReport) report: RegisterRequest,
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
    const routes = report.hostRoutes.map((route) => Subnet.parse(route, 'The host route'));
    const had = report.subnet === '' ? undefined : Subnet.parse(report.subnet, 'The subnet');
    const agent = await this.registry.register({ name, publicKey }, report);
    const subnet = await this.network.join(agent, { routes, had }, connectionOf(caller));
    return {
      registryUrl: '',
      vpcCidr: this.network.vpcCidr,
      allocatedSubnet: subnet.text,
      name,
      protocolVersion: PROTOCOL_VERSION,
    };
  }

  /** What it says is said by every admitted call on a connection that proves the new key: see `keys/succession.ts`. */
  @AllowedTo('client')
  @GrpcMethod('EngineService', 'confirmEngineKey')
  confirmEngineKey(): ConfirmEngineKeyResponse {
    return {};
  }

  @AllowedTo('agent')
  @GrpcMethod('EngineService', 'heartbeat')
  heartbeat(_: unknown, @Caller() caller: CallContext): HeartbeatResponse {
    const { name, publicKey } = this.#client(caller);
    this.registry.heartbeat(name);
    const others = this.network.feed.peers.filter((peer) => peer.publicKey !== publicKey.text);
    return {
      vpcPeers: others.map(({ subnet, host, publicKey }) => ({ subnet, hostIp: host, publicKey })),
    };
  }

  @AllowedTo('agent')
  @GrpcMethod('EngineService', 'probe')
  async probe(@Payload() { cookie }: ProbeRequest, @Caller() caller: CallContext): Promise<ProbeResponse> {
    const client = this.#client(caller);
    const probed = await this.prober.probe(client, connectionOf(caller), cookie);
    return { ...probed, name: client.name, nowMs: Date.now() };
  }

  /** Presence and the network, for as long as it is open. Ends with UNAVAILABLE when the engine stops, so that agents look for it again. */
  @AllowedTo('agent')
  @GrpcStreamMethod('EngineService', 'sync')
  sync(
    @Payload() messages: Observable<SyncRequest>,
    @Caller() caller: CallContext,
    @Call() call: ServerDuplexStream<SyncRequest, SyncResponse>,
  ): Observable<SyncResponse> {
    const { publicKey } = this.#client(caller);
    const connection = connectionOf(caller);
    return new Observable((responses) => {
      let session: SyncSession | undefined;
      let release = (): void => undefined;
      const out = {
        // Nest queues what it cannot write: nothing is given to it then.
        get full() {
          return call.writableNeedDrain;
        },
        write: (response: SyncResponse) => responses.next(response),
      };
      let untold: EngineKey | undefined;
      const tell = (): void => {
        // The first message of a stream is its welcome.
        if (!untold || !session || out.full) return;
        out.write({ message: { $case: 'engineKey', value: untold } });
        untold = undefined;
      };
      const onDrain = (): void => {
        tell();
        session?.drained();
      };
      const leave = this.succession.follow({
        connection,
        publicKey,
        tell: (engineKey) => {
          untold = { publicKey: engineKey.text };
          tell();
        },
        end: (why) => responses.error(why),
      });
      call.on('drain', onDrain);
      let isStopping = false;
      const stopping = this.engine.draining.subscribe(() => {
        isStopping = true;
        responses.error(new BanyanError('unavailable', 'the engine is stopping'));
      });
      // A role that becomes narrower ends what it no longer allows; also one that did since the guard looked.
      const narrowing = this.whitelist.changes.pipe(startWith(undefined)).subscribe(() => {
        const client = this.whitelist.snapshot.find(publicKey.text);
        const denied = client && denialOf(client, 'agent');
        if (denied) responses.error(denied);
      });
      const reading = messages.subscribe({
        next: (request) => {
          try {
            if (!session?.isAnswer(request)) this.gate.doorkeeper.message(connection);
            if (session) session.received(request);
            else if (request.message?.$case === 'hello') {
              // Its file may have another name by now, and another agent its old one.
              const now = this.whitelist.snapshot.find(publicKey.text);
              if (!now) throw new BanyanError('unavailable', 'the key of this stream is another by now');
              session = this.#welcome(now.name, connection.path, out);
              // After the new one is there, so that the agent is online all the while.
              release = this.streams.open(publicKey.text, (reason) => responses.error(reason));
              tell();
            }
          } catch (error) {
            // Thrown in here it would reach nobody and end the process.
            responses.error(error);
          }
        },
        error: (error) => responses.error(error),
        complete: () => responses.complete(),
      });
      return () => {
        leave();
        stopping.unsubscribe();
        narrowing.unsubscribe();
        reading.unsubscribe();
        call.off('drain', onDrain);
        release();
        if (!session) return;
        session.close();
        const { agent } = session;
        // What the engine does to all of them at once is told once.
        if (!isStopping && !agent.online) log.say('agent.offline', 'its stream ended', { name: agent.name });
      };
    });
  }

  #welcome(name: string, path: Path, out: Outlet): SyncSession {
    const presence = this.registry.opened(name, path);
    log.say('agent.online', `online by ${path}`, { name, path });
    out.write({ message: { $case: 'welcome', value: { name, engineVersion: this.engine.version } } });
    return new SyncSession(this.network, this.registry.named(name)!, presence, out);
  }

  /** The caller's whitelist entry as it is now: a rename since the connection opened counts. */
  #client(caller: CallContext): { name: string; publicKey: PublicKey } {
    const client = caller.name === undefined ? undefined : this.whitelist.snapshot.named(caller.name);
    // Not that it is refused: it may have another name only, and an agent would take its network down.
    if (!client) throw new BanyanError('unavailable', 'nobody has the name of this caller any more');
    return client;
  }
}

/** @throws BanyanError for a call whose connection is gone already: there is nobody to answer. */
function connectionOf({ connection }: CallContext): Connection {
  if (!connection) throw new BanyanError('unavailable', 'the connection of this call is closed');
  return connection;
}

import { Server } from '@grpc/grpc-js';
import { ServerGrpc } from '@nestjs/microservices';
import { Subject } from 'rxjs';
import { awaiting } from '#host';
import { MAX_MESSAGE_BYTES, type Gate } from '#channel';
import {
  AdminServiceService,
  EngineServiceService,
  OperatorServiceService,
  RotationServiceService,
} from '#protocol';

/** Time that calls in flight have to end after the door closed. */
const DRAIN_MS = 2_000;

const SERVER_OPTIONS = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_concurrent_streams': 128,
  // A frozen client, and half an HTTP/2 preface, are noticed within 10 + 4 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 4_000,
  'grpc.enable_channelz': 0,
};

/** The generated service definitions in the form that a reader of `.proto` files would give them. */
const PACKAGE_DEFINITION = {
  'banyan.v1.EngineService': EngineServiceService,
  'banyan.v1.OperatorService': OperatorServiceService,
  'banyan.v1.RotationService': RotationServiceService,
  'banyan.v1.AdminService': AdminServiceService,
};

/** Nest loads a package that reads `.proto` files, needed or not. The definitions are given, so any that is there anyway will do. */
const NO_LOADER = '@grpc/grpc-js';

export interface Doors {
  readonly port: number;
  /** Path of the admin socket. */
  readonly adminSocket: string;
}

/**
 * Nest's gRPC transport behind our gate: the server never binds a port, it is given connections whose
 * caller is known. Nest closes a transport before its lifecycle hooks run, so streams are ended here.
 */
export class GateStrategy extends ServerGrpc {
  readonly #draining = new Subject<void>();
  /** Emits once, when streams should end because the engine stops. */
  readonly draining = this.#draining.asObservable();

  /** The port the door is on, once it is open; what 0 became. */
  port = 0;

  constructor(
    private readonly gate: Gate,
    private readonly doors: Doors,
  ) {
    super({ package: 'banyan.v1', packageDefinition: PACKAGE_DEFINITION, protoLoader: NO_LOADER });
  }

  override createClient(): Promise<Server> {
    const server = new Server(SERVER_OPTIONS);
    this.gate.attach(server);
    return Promise.resolve(server);
  }

  override async start(callback?: () => void): Promise<void> {
    await this.bindEvents();
    await this.gate.listenAdmin(this.doors.adminSocket);
    this.port = await this.gate.listen(this.doors.port);
    callback?.();
  }

  override async close(): Promise<void> {
    this.#draining.next();
    await awaiting('callers', this.gate.close(DRAIN_MS));
  }
}

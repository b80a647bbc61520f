import { Metadata, type Channel, credentials } from '@grpc/grpc-js';
import type { PublicKey } from '#crypto';
import {
  EngineServiceClient,
  OperatorServiceClient,
  PUBLIC_KEY_HEADER,
  RotationServiceClient,
} from '#protocol';
import type { Path } from '../path.js';
import { callUnary, type UnaryName } from './unary.js';

const CALL_TIMEOUT_MS = 10_000;

/** What became of the tunnel on the way to this connection. */
export interface TunnelReport {
  readonly up: boolean;
  readonly detail: string;
}

/** How the engine was reached, and who it is. */
export interface ReachedEngine {
  /** The path taken. */
  readonly channel: Exclude<Path, 'admin'>;
  /** IP address that the engine's host has for this one; also when the path is the tunnel. */
  readonly address: string;
  readonly engineKey: PublicKey;
  /** False while the key is only pinned at first use. */
  readonly engineKeyConfirmed: boolean;
  readonly tunnel: TunnelReport;
}

/** An open, mutually proven connection to the engine. */
export class EngineConnection implements ReachedEngine {
  readonly channel: ReachedEngine['channel'];
  readonly address: string;
  readonly engineKey: PublicKey;
  readonly engineKeyConfirmed: boolean;
  readonly tunnel: TunnelReport;
  readonly engine: EngineServiceClient;
  readonly operator: OperatorServiceClient;
  readonly rotation: RotationServiceClient;

  constructor(
    { channel, address, engineKey, engineKeyConfirmed, tunnel }: ReachedEngine,
    /** The key that this end has proven. */
    readonly ownKey: PublicKey,
    private readonly grpcChannel: Channel,
  ) {
    this.channel = channel;
    this.address = address;
    this.engineKey = engineKey;
    this.engineKeyConfirmed = engineKeyConfirmed;
    this.tunnel = tunnel;
    const shared = { channelOverride: grpcChannel };
    this.engine = new EngineServiceClient('engine', credentials.createInsecure(), shared);
    this.rotation = new RotationServiceClient('engine', credentials.createInsecure(), shared);
    this.operator = new OperatorServiceClient('engine', credentials.createInsecure(), shared);
  }

  /** What every call but Health carries (spec, "Runtime flow"). */
  metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set(PUBLIC_KEY_HEADER, this.ownKey.text);
    return metadata;
  }

  /** @throws BanyanError of the kind the engine sent; `unauthenticated` here is the engine's proven answer. */
  call<M extends UnaryName<OperatorServiceClient>>(
    method: M,
    request: Parameters<OperatorServiceClient[M]>[0],
  ): ReturnType<typeof callUnary<OperatorServiceClient, M>> {
    return callUnary(this.operator, method, request as never, this.metadata(), CALL_TIMEOUT_MS);
  }

  close(): void {
    this.grpcChannel.close();
  }
}

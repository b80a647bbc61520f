import { credentials, InterceptingCall, Metadata, type Channel, type Interceptor } from '@grpc/grpc-js';
import { PublicKey } from '#crypto';
import {
  EngineServiceClient,
  OperatorServiceClient,
  PUBLIC_KEY_HEADER,
  RotationServiceClient,
} from '#protocol';
import { ENGINE_KEY_HEADER } from '../engine-key-header.js';
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
  /** Settles when the engine has said here that its key is another one now; else never. */
  readonly renewed: Promise<PublicKey>;
  #renewal: PublicKey | undefined;
  #renew!: (key: PublicKey) => void;

  constructor(
    { channel, address, engineKey, engineKeyConfirmed, tunnel }: ReachedEngine,
    /** The key that this end has proven. */
    readonly ownKey: PublicKey,
    private readonly grpcChannel: Channel,
    /** Where it was dialled: address and port. */
    readonly at: string,
  ) {
    this.channel = channel;
    this.address = address;
    this.engineKey = engineKey;
    this.engineKeyConfirmed = engineKeyConfirmed;
    this.tunnel = tunnel;
    this.renewed = new Promise((resolve) => (this.#renew = resolve));
    const interceptors = [reading((key) => this.renewal(key))];
    const shared = { channelOverride: grpcChannel, interceptors };
    this.engine = new EngineServiceClient('engine', credentials.createInsecure(), shared);
    this.rotation = new RotationServiceClient('engine', credentials.createInsecure(), shared);
    this.operator = new OperatorServiceClient('engine', credentials.createInsecure(), shared);
  }

  /** The key that the engine has now, as it said by this connection; undefined: the one this was proven by. */
  get newKey(): PublicKey | undefined {
    return this.#renewal;
  }

  /** The engine says by this connection, which it has proven its key on, that it has another one. */
  renewal(key: string): void {
    const parsed = PublicKey.tryParse(key);
    if (!parsed || parsed.equals(this.engineKey)) return;
    this.#renewal = parsed;
    this.#renew(parsed);
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

/** Reads what answers say of the engine's key. */
function reading(take: (key: string) => void): Interceptor {
  return (options, next) =>
    new InterceptingCall(next(options), {
      start: (metadata, listener, proceed) =>
        proceed(metadata, {
          onReceiveMetadata: (received, pass) => {
            const [key] = received.get(ENGINE_KEY_HEADER);
            if (typeof key === 'string') take(key);
            pass(received);
          },
          onReceiveMessage: (message, pass) => pass(message),
          onReceiveStatus: (status, pass) => pass(status),
        }),
    });
}

import { Server, status, type ServerUnaryCall } from '@grpc/grpc-js';
import {
  CallContext,
  DEFAULT_LIMITS,
  Gate,
  MAX_MESSAGE_BYTES,
  type Connection,
  type GateLimits,
  type Judge,
} from '#channel';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { SILENT } from '#log';
import {
  EngineServiceService,
  type EngineServiceServer,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import type { ServerDuplexStream } from '@grpc/grpc-js';

/** How long a call may take, milliseconds: when to give up on a slow machine, and not what is expected. */
export const CALL_MS = 60_000;

/** A gate with a bare gRPC server behind it, on loopback: what the channel's tests talk to. */
export interface GatedServer {
  readonly gate: Gate;
  readonly port: number;
  readonly key: PrivateKey;
  /** The connection each call came on, newest last. */
  readonly seen: (Connection | undefined)[];
  close(): Promise<void>;
}

/** Whatever key is proven here is admitted, unless `admits` says otherwise. */
export interface GatedOptions {
  readonly host?: string;
  readonly limits?: Partial<GateLimits>;
  readonly admits?: (keyText: string) => boolean;
  readonly limited?: Judge['limited'];
  readonly key?: PrivateKey;
  readonly previousKey?: PrivateKey;
  /** What every message of a stream is answered with. */
  readonly engineVersion?: string;
}

export async function gatedServer(options: GatedOptions = {}): Promise<GatedServer> {
  const { host = '127.0.0.1', limits = {}, admits = () => true, limited = () => undefined } = options;
  const { key = generateKey(), previousKey, engineVersion = 'test' } = options;
  const gate = new Gate({
    privateKey: key,
    previousKey,
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: SILENT,
  });
  gate.consult({ admits, limited });
  const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
  const seen: (Connection | undefined)[] = [];
  const note = (call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>): void => {
    const context = call.getAuthContext();
    seen.push(context instanceof CallContext ? context.connection : undefined);
  };
  const service: EngineServiceServer = {
    health: (call, callback) => {
      note(call);
      callback(null, { status: 'ok', publicKey: key.publicKey.text, version: 'test' });
    },
    register: (call, callback) => {
      note(call);
      callback({ code: status.UNAUTHENTICATED, details: 'not listed\nTry: list it' });
    },
    heartbeat: (call, callback) => {
      note(call);
      callback(null, { vpcPeers: [] });
    },
    probe: (call, callback) => {
      note(call);
      callback(null, { name: 'n', nowMs: Date.now(), address: '', port: 0, sent: 0, unsent: '' });
    },
    confirmEngineKey: (call, callback) => {
      note(call);
      callback(null, {});
    },
    sync: (call: ServerDuplexStream<SyncRequest, SyncResponse>) => {
      note(call);
      call.on('data', () =>
        call.write({ message: { $case: 'welcome', value: { name: 'n', engineVersion } } }),
      );
    },
  };
  server.addService(EngineServiceService, service);
  gate.attach(server);
  const port = await gate.listen(0, host);
  return { gate, port, key, seen, close: () => gate.close(200) };
}

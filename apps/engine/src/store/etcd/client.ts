import type { Interceptor } from '@grpc/grpc-js';
import { Etcd3, type IOptions } from 'etcd3';
import type { EtcdAccess } from './access.js';

/**
 * Each call is made once. Repeating a transaction whose answer was lost would find its own change and
 * report that the compare failed; whoever called knows what to read again.
 */
const ONCE = {
  execute: <T>(call: () => PromiseLike<T> | T): Promise<T> => Promise.resolve().then(call),
} as NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

export interface EtcdClientOptions {
  /** `scheme://host:port`. */
  readonly address: string;
  readonly tls: EtcdAccess['tls'];
  /** Of any one call but a watch, milliseconds. */
  readonly timeoutMs: number;
  readonly interceptor: Interceptor;
}

/** The client of etcd's API on one member. Only its plain calls are used: `kv`, `auth` and the bare watch stream. */
export function etcdClient({ address, tls, timeoutMs, interceptor }: EtcdClientOptions): Etcd3 {
  return new Etcd3({
    hosts: address,
    ...(tls ? { credentials: tls } : {}),
    // Without it a call to an address that swallows packets never ends. A watch has no end of its own.
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + timeoutMs }),
    faultHandling: { global: ONCE, host: () => ONCE },
    grpcOptions: {
      // `etcd3` hands these to gRPC's client as they are, and that takes interceptors among them.
      ...{ interceptors: [interceptor] },
      // Notices a peer that is gone without a word. etcd refuses more than one ping in 5 s.
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.max_receive_message_length': 64 * 1024 * 1024,
      // Or `http_proxy` in the environment sends even calls to loopback away.
      'grpc.enable_http_proxy': 0,
    },
  });
}

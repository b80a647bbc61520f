import { Etcd3, type IOptions } from 'etcd3';

/**
 * Each call is made once. Repeating a transaction whose answer was lost would find its own change and
 * report that the compare failed; whoever called knows what to read again.
 */
const ONCE = {
  execute: <T>(call: () => PromiseLike<T> | T): Promise<T> => Promise.resolve().then(call),
} as NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/** The client of etcd's API. Only its plain calls are used: `kv` and the bare watch stream. */
export function etcdClient(address: string, timeoutMs: number): Etcd3 {
  return new Etcd3({
    hosts: address,
    // Without it a call to an address that swallows packets never ends. A watch has no end of its own.
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + timeoutMs }),
    faultHandling: { global: ONCE, host: () => ONCE },
    grpcOptions: {
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

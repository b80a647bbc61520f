import {
  Channel,
  connectivityState,
  credentials,
  Metadata,
  status,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import { EngineServiceClient } from '#protocol';
import { asBanyanError, BanyanError, messageOf } from '#errors';
import { NoAnswer } from './no-answer.js';
import { PskCredentials } from './psk-credentials.js';
import { callUnary } from './unary.js';

/** Longest message either end takes, bytes. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

const OPTIONS = {
  // A frozen engine or a dead tunnel is noticed within 10 + 4 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 4_000,
  'grpc.keepalive_permit_without_calls': 1,
  // `http_proxy` in the environment would send even loopback calls away.
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // Two connections to one engine must not share a transport: each has its own path.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  // What the engine may have on its way to one client. Node keeps buffers as large as the largest write for as long
  // as a TLS connection lives: 325 KiB after one of 130 kB, 85 KiB when that comes in parts of this size.
  'grpc-node.flow_control_window': 16_384,
};

/** A numeric address and a port, bracketed for IPv6: never a host name, so that the path is the one chosen. */
export function target(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Opens a channel and waits until it is ready: with {@link PskCredentials}, until both ends have proven
 * their keys.
 * @throws BanyanError `unavailable` with the cause, as soon as one attempt has failed or time is over.
 */
export async function dial(
  at: string,
  creds: ChannelCredentials,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Channel> {
  const channel = new Channel(at, creds, OPTIONS);
  try {
    await ready(channel, Date.now() + timeoutMs, signal);
    return channel;
  } catch (error) {
    const known = creds instanceof PskCredentials ? creds.lastError : undefined;
    const cause = known ?? (signal?.aborted ? error : await attempt(channel));
    channel.close();
    throw new BanyanError('unavailable', `no engine reached at ${at}: ${messageOf(cause)}`, {
      cause,
      ...(known?.remedy === undefined ? {} : { remedy: known.remedy }),
    });
  }
}

/**
 * The key that an engine says it has, over plain HTTP/2: a claim, to be pinned at first use or compared.
 * @throws BanyanError `unavailable`, whatever was answered: nothing was proven.
 */
export async function claimedEngineKey(at: string, timeoutMs: number): Promise<string> {
  const channel = await dial(at, credentials.createInsecure(), timeoutMs);
  try {
    const client = new EngineServiceClient(at, credentials.createInsecure(), { channelOverride: channel });
    const health = await callUnary(client, 'health', {}, new Metadata(), timeoutMs);
    return health.publicKey;
  } catch (cause) {
    throw new BanyanError('unavailable', `no engine reached at ${at}: ${messageOf(cause)}`, { cause });
  } finally {
    channel.close();
  }
}

function ready(channel: Channel, deadline: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('another path answered first')), { once: true });
    const step = (error?: Error): void => {
      if (error) return reject(new Error('no answer in time'));
      let state: connectivityState;
      try {
        state = channel.getConnectivityState(true);
      } catch (closed) {
        return reject(closed instanceof Error ? closed : new Error(String(closed)));
      }
      if (state === connectivityState.READY) return resolve();
      if (state === connectivityState.TRANSIENT_FAILURE) return reject(new Error('the connection failed'));
      channel.watchConnectivityState(state, deadline, step);
    };
    step();
  });
}

/** grpc-js tells why a connection failed only to a call: this makes one that fails at once. */
async function attempt(channel: Channel): Promise<unknown> {
  const client = new EngineServiceClient('unused', credentials.createInsecure(), {
    channelOverride: channel,
  });
  try {
    await callUnary(client, 'health', {}, new Metadata(), 200);
    return new Error('the connection failed');
  } catch (error) {
    return plainCause(asBanyanError(error));
  }
}

/** grpc-js wraps the system's error in prose about its own resolver. @param error of {@link callUnary}. */
function plainCause({ message, cause }: BanyanError): Error {
  if ((cause as ServiceError | undefined)?.code === status.DEADLINE_EXCEEDED) return new NoAnswer();
  switch (/\bE[A-Z]{4,}\b/.exec(message)?.[0]) {
    case 'ECONNREFUSED':
      return new Error('connection refused; is banyan-engine running, and is this its port?');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new Error('no route to that address');
    case 'ETIMEDOUT':
      return new NoAnswer();
    default:
      return new Error(message);
  }
}

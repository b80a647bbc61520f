import { once } from 'node:events';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { callUnary, fromStatus, type EngineConnection } from '#channel';
import type { AgentSettings } from '#config';
import { BanyanError } from '#errors';
import { version } from '#host';
import { PROTOCOL_VERSION, RegisterRequest, type SyncRequest, type SyncResponse } from '#protocol';

const CALL_TIMEOUT_MS = 10_000;

/** One registered, open Sync stream: from the engine's welcome to its end. */
export interface Session {
  /** The whitelist name, as the engine says. */
  readonly name: string;
  /** Settles when the stream has ended, with the reason. Never rejects. */
  readonly ended: Promise<BanyanError>;
  close(): void;
}

/**
 * Registers and opens the stream.
 * @throws BanyanError; `unauthenticated` is the engine's proven answer that it does not admit this key.
 */
export async function openSession(
  connection: EngineConnection,
  { wgPort, hostIp = '' }: Pick<AgentSettings, 'wgPort' | 'hostIp'>,
): Promise<Session> {
  const { name } = await callUnary(
    connection.engine,
    'register',
    RegisterRequest.fromPartial({ protocolVersion: PROTOCOL_VERSION, version, wgPort, hostIp }),
    connection.metadata(),
    CALL_TIMEOUT_MS,
  );
  const stream = connection.engine.sync(connection.metadata());
  const ended = endOf(stream);
  stream.write({ message: { $case: 'hello', value: { protocolVersion: PROTOCOL_VERSION, version } } });
  await Promise.race([welcome(stream), ended.then((reason) => Promise.reject(reason))]);
  return { name, ended, close: () => stream.cancel() };
}

type Stream = ClientDuplexStream<SyncRequest, SyncResponse>;

async function welcome(stream: Stream): Promise<void> {
  const limit = AbortSignal.timeout(CALL_TIMEOUT_MS);
  try {
    await once(stream, 'data', { signal: limit });
  } catch (cause) {
    if (limit.aborted)
      throw new BanyanError('unavailable', 'the engine did not welcome this agent in time', { cause });
    throw cause;
  }
  // Later messages are read as they come; an unread stream would hold its window.
  stream.resume();
}

function endOf(stream: Stream): Promise<BanyanError> {
  return new Promise((resolve) => {
    stream.once('error', (error) => resolve(fromStatus(error as Parameters<typeof fromStatus>[0])));
    stream.once('end', () => resolve(new BanyanError('unavailable', 'the engine ended the stream')));
  });
}

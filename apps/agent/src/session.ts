import type { ClientDuplexStream } from '@grpc/grpc-js';
import { callUnary, fromStatus, type EngineConnection } from '#channel';
import type { AgentSettings } from '#config';
import { asBanyanError, BanyanError } from '#errors';
import { version } from '#host';
import { PROTOCOL_VERSION, RegisterRequest, type SyncRequest, type SyncResponse } from '#protocol';
import { Outbox } from './outbox.js';

const CALL_TIMEOUT_MS = 10_000;

/** One registered, open Sync stream: from the engine's welcome to its end. */
export interface Session {
  /** The whitelist name, as the engine says. */
  readonly name: string;
  readonly out: Pick<Outbox, 'put'>;
  /** Settles when the stream has ended, with the reason. Never rejects. */
  readonly ended: Promise<BanyanError>;
  /** Gives every message after the welcome to `receive`, in order; what that throws ends the session. */
  read(receive: (message: SyncResponse['message']) => void): void;
  close(): void;
}

/**
 * Registers and opens the stream.
 * @param host what it routes itself, as `10.0.0.0/8`, and the subnet that it has had; empty: none.
 * @param patienceMs how long the engine has for each of its two answers.
 * @throws BanyanError; `unauthenticated` is the engine's proven answer that it does not admit this key.
 */
export async function openSession(
  connection: EngineConnection,
  { wgPort, hostIp = '' }: Pick<AgentSettings, 'wgPort' | 'hostIp'>,
  host: { readonly hostRoutes: string[]; readonly subnet: string },
  patienceMs = CALL_TIMEOUT_MS,
): Promise<Session> {
  const { name } = await callUnary(
    connection.engine,
    'register',
    RegisterRequest.fromPartial({
      protocolVersion: PROTOCOL_VERSION,
      version,
      wgPort,
      hostIp,
      ...host,
    }),
    connection.metadata(),
    patienceMs,
  );
  const stream = connection.engine.sync(connection.metadata());
  const ended = endOf(stream);
  const out = new Outbox(stream);
  out.put({ $case: 'hello', value: { protocolVersion: PROTOCOL_VERSION, version } });
  try {
    await Promise.race([welcome(stream, patienceMs), ended.then((reason) => Promise.reject(reason))]);
  } catch (error) {
    // The connection lives for as long as it has a stream, whoever has closed it.
    stream.cancel();
    throw error;
  }
  return {
    name,
    out,
    ended,
    read: (receive) => {
      stream.on('data', ({ message }: SyncResponse) => {
        try {
          receive(message);
        } catch (error) {
          stream.destroy(asBanyanError(error, 'invalid'));
        }
      });
      stream.resume();
    },
    close: () => stream.cancel(),
  };
}

type Stream = ClientDuplexStream<SyncRequest, SyncResponse>;

/** Leaves the stream paused: what follows waits for who reads it. */
function welcome(stream: Stream, patienceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new BanyanError('unavailable', 'the engine did not welcome this agent in time')),
      patienceMs,
    );
    stream.once('data', () => {
      clearTimeout(limit);
      stream.pause();
      resolve();
    });
    stream.once('close', () => clearTimeout(limit));
  });
}

function endOf(stream: Stream): Promise<BanyanError> {
  return new Promise((resolve) => {
    // Not once: one that we destroy for what it brought ends a second time when it is cancelled.
    stream.on('error', (error) =>
      resolve(error instanceof BanyanError ? error : fromStatus(error as Parameters<typeof fromStatus>[0])),
    );
    stream.once('end', () => resolve(new BanyanError('unavailable', 'the engine ended the stream')));
  });
}

/** A process full of callers, each with a key and a connection of its own; see callers.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { ChannelCredentials, credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { PskCredentials } from '#channel';
import { type PrivateKey, PublicKey } from '#crypto';
import {
  EngineServiceClient,
  PUBLIC_KEY_HEADER,
  RegisterRequest,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import { PACE_MS, type Address, type CallerQuestions } from './callers.js';
import { distinctKeys } from '../test/engine/distinct-keys.js';
import { answerQuestions } from './part.js';

/** Callers that connect at a time, as after a restart of the engine. */
const AT_ONCE = 32;

interface Caller {
  readonly client: EngineServiceClient;
  readonly metadata: Metadata;
  stream?: ClientDuplexStream<SyncRequest, SyncResponse>;
}

let keys: PrivateKey[] = [];
const groups = new Map<number, Caller[]>();

const questions: CallerQuestions = {
  makeKeys: (count) => {
    keys = distinctKeys(count);
    return keys.map(({ publicKey }) => publicKey.text);
  },
  connect: async ({ address, from, to }) => {
    const callers = groups.get(address.port) ?? [];
    groups.set(address.port, callers);
    for (let next = from; next < to; next += AT_ONCE) {
      const batch = keys.slice(next, Math.min(next + AT_ONCE, to)).map((key) => open(address, key));
      callers.push(...batch);
      await Promise.all(batch.map(register));
    }
  },
  openStreams: async ({ port }) => {
    for (const caller of groups.get(port) ?? []) if (!caller.stream) await openStream(caller);
  },
  call: async ({ port, ms }) => {
    const end = performance.now() + ms;
    let calls = 0;
    const oneByOne = async (caller: Caller): Promise<void> => {
      for (; performance.now() < end; calls += 1) await heartbeat(caller);
    };
    const started = performance.now();
    await Promise.all(groups.get(port)!.map(oneByOne));
    return { calls, seconds: (performance.now() - started) / 1000 };
  },
  pace: async ({ port, ms }) => {
    const [caller] = groups.get(port)!;
    const end = performance.now() + ms;
    const waits: Promise<number>[] = [];
    // Not one after the other: an engine that pauses would be asked less while it does.
    for (; performance.now() < end; await delay(PACE_MS)) {
      const asked = performance.now();
      waits.push(heartbeat(caller!).then(() => performance.now() - asked));
    }
    return Promise.all(waits);
  },
  hangUp: ({ port }) => {
    for (const { client, stream } of groups.get(port) ?? []) {
      stream?.cancel();
      client.close();
    }
    groups.delete(port);
  },
};

function open(address: Address, key: PrivateKey): Caller {
  const metadata = new Metadata();
  metadata.set(PUBLIC_KEY_HEADER, key.publicKey.text);
  const client = new EngineServiceClient(`127.0.0.1:${address.port}`, credentialsFor(address, key), {
    'grpc.use_local_subchannel_pool': 1,
    // As agents have it.
    'grpc-node.flow_control_window': 16_384,
    'grpc.ssl_target_name_override': 'localhost',
  });
  return { client, metadata };
}

function credentialsFor({ way, key, cert }: Address, own: PrivateKey): ChannelCredentials {
  switch (way) {
    case 'plain':
      return credentials.createInsecure();
    case 'psk':
      return new PskCredentials(own, PublicKey.parse(key));
    case 'certificate':
      return credentials.createSsl(Buffer.from(cert));
  }
}

function register({ client, metadata }: Caller): Promise<void> {
  return new Promise((resolve, reject) =>
    client.register(RegisterRequest.fromPartial({ protocolVersion: 1 }), metadata, (error) =>
      error ? reject(error) : resolve(),
    ),
  );
}

function heartbeat({ client, metadata }: Caller): Promise<void> {
  return new Promise((resolve, reject) =>
    client.heartbeat({ agentName: '', sessionToken: '', tags: [] }, metadata, (error) =>
      error ? reject(error) : resolve(),
    ),
  );
}

function openStream(caller: Caller): Promise<void> {
  const stream = caller.client.sync(caller.metadata);
  caller.stream = stream;
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', () => resolve());
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '' } } });
  });
}

answerQuestions(questions);

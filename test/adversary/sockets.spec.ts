import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { callUnary, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { RegisterRequest, SyncRequest } from '#protocol';
import { distinctKeys } from '../engine/distinct-keys.js';
import { CALL_MS, runningEngine, type RunningEngine } from '../engine/running-engine.js';
import { until } from '../lab/until.js';
import { broken, collect, Dice, SEED } from './fuzz/cases.js';
import { proof, tcp, tls } from './psk-socket.js';
import {
  DATA,
  END_STREAM,
  frame,
  GOAWAY,
  grpcFields,
  grpcMessage,
  headerFrames,
  HEADERS,
  opening,
  RST_STREAM,
  SETTINGS,
  STATUS_PATH,
} from './raw-http2.js';

const CASES = Number(process.env.FUZZ_SOCKETS ?? 2_000);
const AT_A_TIME = 16;
/** What the process may hold more after all cases than after the first, bytes. */
const MORE_BYTES = 32 * 1024 * 1024;

/** Bytes of memory that something refers to. */
function held(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const HEADER = 'x-banyan-public-key';

describe('an engine whose port is fed with what is nearly right', () => {
  let engine: RunningEngine;
  let honest: PrivateKey;
  let attacker: PrivateKey;
  let connection: EngineConnection;
  let streamEnded = false;
  let hello: Buffer;

  beforeAll(async () => {
    engine = await runningEngine();
    [honest, attacker] = distinctKeys(2) as [PrivateKey, PrivateKey];
    engine.drop('honest', honest);
    engine.drop('attacker', attacker);
    connection = await engine.connect(honest);
    await until(() => connection.call('status', {}), { what: 'the key is admitted' });
    const request = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1' });
    await callUnary(connection.engine, 'register', request, connection.metadata(), CALL_MS);
    const stream = connection.engine.sync(connection.metadata());
    stream.on('error', () => undefined).once('status', () => (streamEnded = true));
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '1' } } });
    await once(stream, 'data');
    hello = await clientHello(attacker);
  });
  afterAll(() => engine?.stop());

  /** The first flight of a handshake of ours, as it is on the wire. */
  async function clientHello(key: PrivateKey): Promise<Buffer> {
    const sink = createServer();
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const taken = once(sink, 'connection');
    const { port } = sink.address() as { port: number };
    const caller = connectTls({
      ...{ host: '127.0.0.1', port, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
      ...{ ALPNProtocols: ['h2'], checkServerIdentity: () => undefined },
      ...proof(key, engine.key.publicKey),
    });
    caller.on('error', () => undefined);
    const [socket] = (await taken) as [Duplex];
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    caller.destroy();
    sink.close();
    return bytes;
  }

  /** A whole conversation, each part of it good. */
  function conversation(): Buffer[] {
    const fields = (path: string) => [...grpcFields(path), [HEADER, attacker.publicKey.text] as const];
    const register = grpcMessage(
      RegisterRequest.encode(RegisterRequest.fromPartial({ protocolVersion: 1, tags: ['a'] })).finish(),
    );
    const said = grpcMessage(
      SyncRequest.encode({
        message: { $case: 'hello', value: { protocolVersion: 1, version: '1' } },
      }).finish(),
    );
    return [
      opening(),
      headerFrames(1, fields(STATUS_PATH)),
      frame(DATA, END_STREAM, 1, grpcMessage()),
      headerFrames(3, fields('/banyan.v1.EngineService/Register')),
      frame(DATA, END_STREAM, 3, register),
      headerFrames(5, fields('/banyan.v1.EngineService/Sync')),
      frame(DATA, 0, 5, said),
      frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 1])),
      frame(RST_STREAM, 0, 5, Buffer.alloc(4)),
    ];
  }

  const samplesOfFrames = (): Buffer[] => [
    ...conversation(),
    frame(GOAWAY, 0, 0, Buffer.alloc(8)),
    frame(6, 0, 0, Buffer.alloc(8)),
    frame(8, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    frame(HEADERS, 0, 7, Buffer.of(0x3f, 0xff, 0xff, 0xff, 0xff)),
  ];

  /** One of the parts is broken, or something comes twice, or the end is missing. */
  function brokenConversation(dice: Dice): Buffer {
    const parts = conversation();
    const samples = samplesOfFrames();
    for (let faults = 1 + dice.below(3); faults > 0; faults -= 1) {
      const at = dice.below(parts.length);
      const fault = dice.below(4);
      if (fault === 0) parts.splice(at, 1);
      else if (fault === 1) parts.splice(at, 0, dice.of(samples));
      else parts[at] = broken(dice, [parts[at]!], samples);
    }
    const whole = Buffer.concat(parts);
    return dice.below(4) === 0 ? whole.subarray(0, dice.below(whole.length)) : whole;
  }

  /** A call whose message is cut short, says that it is longer than it is, or is none. */
  function brokenCall(dice: Dice): Buffer {
    const [start, , , headers, data] = conversation();
    const message = broken(dice, [data!.subarray(9)]);
    const length = dice.below(2) === 0 ? message : message.subarray(0, dice.below(message.length + 1));
    return Buffer.concat([start!, headers!, frame(DATA, dice.below(2), 3, length.subarray(0, 16_000))]);
  }

  const kinds: ((dice: Dice) => Promise<Duplex | undefined>)[] = [
    (dice) => onPlain(dice.bytes(1 + dice.below(2_000))),
    (dice) => onPlain(broken(dice, [hello])),
    (dice) => onPlain(Buffer.concat([hello, broken(dice, [hello])])),
    (dice) => onPlain(brokenConversation(dice)),
    (dice) => onProven(brokenConversation(dice)),
    (dice) => onProven(brokenConversation(dice)),
    (dice) => onProven(brokenCall(dice)),
    (dice) => onProven(dice.bytes(1 + dice.below(2_000))),
  ];

  async function onPlain(bytes: Buffer): Promise<Duplex> {
    const socket = await tcp({ port: engine.port });
    socket.resume().write(bytes);
    return socket;
  }

  async function onProven(bytes: Buffer): Promise<TLSSocket | undefined> {
    // The engine may take no more of them for a moment.
    const socket = await tls({ port: engine.port }, proof(attacker, engine.key.publicKey)).catch(
      () => undefined,
    );
    socket?.resume().write(bytes);
    return socket;
  }

  /** Leaves it open for a while, for what is half said; then ends it in one of three ways. */
  async function play(number: number): Promise<void> {
    const dice = new Dice(Math.imul(SEED, 31) + number);
    const socket = await dice.of(kinds)(dice);
    if (!socket) return;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 10 + dice.below(40)))]);
    if (dice.below(3) === 0) socket.end();
    else socket.destroy();
  }

  it.each<[string, Buffer]>([
    [
      'of another content type',
      headerFrames(1, [...grpcFields(STATUS_PATH).slice(0, 4), ['content-type', 'text/plain']]),
    ],
    ['of a method that there is not', headerFrames(1, grpcFields('/no.such.Service/Method'))],
    ['of a method that there is', headerFrames(1, grpcFields(STATUS_PATH))],
  ])(
    'goes on when a call %s is taken back, or its connection broken, as soon as it is made',
    async (_, call) => {
      const ends = [
        frame(RST_STREAM, 0, 1, Buffer.alloc(4)),
        frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 2])),
        // What ends the whole connection: a frame of settings on a stream (RFC 9113, section 6.5).
        frame(SETTINGS, 0, 1),
      ];
      for (const end of ends) {
        for (let times = 0; times < 10; times += 1) {
          (await onPlain(Buffer.concat([opening(), call, end]))).destroy();
          (await onProven(Buffer.concat([opening(), call, end])))?.destroy();
          const socket = await onPlain(Buffer.concat([opening(), call]));
          socket.destroy();
        }
      }
      expect(await connection.call('status', {})).toMatchObject({ identity: 'honest' });
    },
  );

  it('answers after each hundred cases, holds bounded memory, and keeps the stream of an agent open', async () => {
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    process.on('uncaughtException', note).on('unhandledRejection', note);
    let start = 0;
    try {
      for (let number = 0; number < CASES; number += AT_A_TIME) {
        await Promise.all(Array.from({ length: AT_A_TIME }, (_, more) => play(number + more)));
        if (number % 96 !== 0) continue;
        const { identity } = await connection.call('status', {});
        expect(identity).toBe('honest');
        expect({ failures, streamEnded, until: number }).toEqual({
          failures: [],
          streamEnded: false,
          until: number,
        });
        if (start === 0) start = held();
      }
    } finally {
      process.off('uncaughtException', note).off('unhandledRejection', note);
    }
    expect(held() - start).toBeLessThan(MORE_BYTES);
    // Whoever proves a key is still served, beside whoever did the same to do harm.
    const again = await engine.connect(attacker);
    expect(await again.call('status', {})).toMatchObject({ identity: 'attacker' });
  });
});

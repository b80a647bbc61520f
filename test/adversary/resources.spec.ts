import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { callUnary, DEFAULT_LIMITS, type EngineConnection } from '#channel';
import type { EngineLimits } from '#config';
import { generateKey } from '#crypto/generate';
import { hearLog, leaveLog } from '../../libs/log/src/testing/hear-log.js';
import { RegisterRequest, type SyncRequest, type SyncResponse } from '#protocol';
import { distinctKeys } from '../engine/distinct-keys.js';
import { CALL_MS, runningEngine, type RunningEngine } from '../engine/running-engine.js';
import { until } from '../lab/until.js';
import {
  callHeaders,
  costsKeyExchange,
  dial,
  emptyMessage,
  field,
  FRAME,
  HALF_HELLO,
  lifetime,
  MAGIC,
  preface,
  prove,
  recorded,
  setting,
  slowRoad,
  type SlowRoad,
} from './hostile-caller.js';
import { frame } from './raw-http2.js';

const HEALTH = '/banyan.v1.EngineService/Health';
const STATUS = '/banyan.v1.OperatorService/Status';

let engine: RunningEngine;
/** Whether those that come back do. */
let hostile = true;
/** How often one was closed. */
let closed = 0;
const worker = generateKey();
const open: Socket[] = [];
let road: SlowRoad | undefined;
let lines: string[] = [];

async function start(limits: Partial<EngineLimits> = {}): Promise<void> {
  engine = await runningEngine('local', { limits: { ...DEFAULT_LIMITS, ...limits } });
  engine.drop('worker-1', worker);
  const connection = await engine.connect(worker);
  await until(() => connection.call('status', {}), { what: 'worker-1 is admitted' });
  connection.close();
}

beforeEach(() => {
  hostile = true;
  closed = 0;
  lines = hearLog();
});

afterEach(async () => {
  leaveLog();
  hostile = false;
  road?.close();
  for (const socket of open.splice(0)) socket.destroy();
  await engine.stop();
});

function raw(from?: string): Socket {
  const socket = dial(engine.port, from);
  open.push(socket);
  return socket;
}

/** A connection that is made again as soon as it is closed, for as long as the test lasts. */
function tireless(from: string, begins: Buffer): void {
  const again = (): void => {
    const socket = raw(from);
    socket.write(begins);
    socket.once('close', () => {
      closed += 1;
      setTimeout(() => hostile && again(), 5);
    });
  };
  again();
}

const stranger = async (own = generateKey(), from?: string): Promise<Socket> => {
  const socket = await prove(engine.port, engine.key.publicKey, own, from === undefined ? {} : { from });
  open.push(socket);
  return socket;
};

/** An admitted key connects, proves itself and is answered. */
async function workerGetsIn(): Promise<EngineConnection> {
  const connection = await engine.connect(worker);
  expect(await connection.call('status', {})).toMatchObject({ identity: 'worker-1' });
  return connection;
}

/** The worker proves its key on this road. Who awaits it late still hears of a failure, which ends nobody. */
function proves({ port }: SlowRoad): Promise<Socket> {
  const proving = prove(port, engine.key.publicKey, worker);
  proving.catch(() => undefined);
  return proving;
}

const health = (connection: EngineConnection, metadata = new Metadata()): Promise<unknown> =>
  callUnary(connection.engine, 'health', {}, metadata, CALL_MS);

async function sync(connection: EngineConnection): Promise<ClientDuplexStream<SyncRequest, SyncResponse>> {
  const report = RegisterRequest.fromPartial({ protocolVersion: 1 });
  await callUnary(connection.engine, 'register', report, connection.metadata(), CALL_MS);
  const stream = connection.engine.sync(connection.metadata());
  stream.on('error', () => undefined);
  stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '' } } });
  await once(stream, 'data');
  return stream;
}

describe('connections of unknown callers', () => {
  it('are bounded in total, from however many addresses, and an admitted key gets in beside them', async () => {
    await start({ unknownConnections: 100 });
    for (let at = 0; at < 300; at += 1) tireless(`127.0.1.${at % 100}`, Buffer.alloc(0));
    for (let round = 0; round < 20; round += 1) {
      (await workerGetsIn()).close();
      expect(engine.gate.doorkeeper.strangers).toBeLessThanOrEqual(100);
    }
    expect(lines.join('\n')).toMatch(
      /^<4>call\.limited: 127\.0\.1\.\d+: more than 100 connections of unknown callers/m,
    );
  });

  it('are bounded by address, and an admitted key behind the same address gets in', async () => {
    await start({ unknownPerAddress: 10 });
    for (let at = 0; at < 100; at += 1) tireless('127.0.0.1', at % 2 === 0 ? HALF_HELLO : Buffer.alloc(0));
    await until(() => lines.some((line) => line.includes('more than 10 connections')));
    for (let round = 0; round < 20; round += 1) (await workerGetsIn()).close();
    hostile = false;
    for (const socket of open.splice(0)) socket.destroy();
    const silent = Array.from({ length: 30 }, () => raw('127.0.0.1'));
    // The others have nine seconds more.
    await until(() => silent.filter((socket) => socket.closed).length === 20);
    expect(engine.gate.doorkeeper.strangers).toBeLessThanOrEqual(10);
  });

  it('do not crowd out an admitted key whose handshake takes seconds, not even from its own address', async () => {
    await start({ unknownPerAddress: 4, unknownConnections: 16 });
    const held = (road = await slowRoad(engine.port));
    const proving = proves(held);
    await held.asked;
    for (let at = 0; at < 50; at += 1) tireless('127.0.0.1', at % 2 === 0 ? HALF_HELLO : Buffer.alloc(0));
    await until(() => closed > 200);
    held.release();
    open.push(await proving);
    await until(() => engine.gate.connections.of(worker.publicKey).length === 1);
  });

  it('do not keep the admin socket from its answer', async () => {
    await start({ unknownConnections: 50 });
    for (let at = 0; at < 200; at += 1) tireless(`127.0.1.${at % 100}`, HALF_HELLO);
    for (let round = 0; round < 20; round += 1) {
      await new Promise<void>((resolve, reject) =>
        engine.admin.engineStatus({}, (error) => (error ? reject(error) : resolve())),
      );
    }
  });

  it('are closed after ten seconds, whatever they do: nothing, half of something, a whole hello, a trickle, or what Health allows', async () => {
    await start();
    const hello = await recorded(engine.port, engine.key.publicKey, worker);
    const lives: Promise<number>[] = [];
    const living = (socket: Socket): Socket => {
      lives.push(lifetime(socket));
      return socket;
    };
    const correct = living(raw());
    const trickle = living(raw());
    const dripping = setInterval(() => trickle.write(Buffer.of(1)), 200);
    trickle.write(HALF_HELLO.subarray(0, 5));
    const callers = [correct, living(await stranger())];
    let number = 1;
    const calling = setInterval(() => {
      for (const caller of callers) caller.write(callHeaders(number, HEALTH));
      for (const caller of callers) caller.write(frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
      number += 2;
    }, 500);
    for (const caller of callers) caller.write(preface());
    living(raw());
    for (const bytes of [HALF_HELLO, MAGIC.subarray(0, 10), preface(), hello]) living(raw()).write(bytes);
    const [correctly, ...others] = await Promise.all(lives);
    clearInterval(dripping);
    clearInterval(calling);
    // Node by itself would leave a handshake for two minutes, and HTTP/2 for ever.
    expect(Math.max(correctly!, ...others)).toBeLessThan(40_000);
    // The one that speaks correctly has its ten seconds.
    expect(correctly).toBeGreaterThan(8_000);
  });

  it('of 300 agents that come back at once behind one address are not in each other’s way', async () => {
    await start({ unknownPerAddress: 4 });
    const keys = distinctKeys(300);
    for (const [at, key] of keys.entries()) engine.drop(`agent-${at}`, key);
    const last = await engine.connect(keys.at(-1)!);
    await until(() => last.call('status', {}));
    const proven = await Promise.all(keys.slice(0, -1).map((key) => stranger(key)));
    expect(proven.filter((socket) => socket.destroyed)).toEqual([]);
  });
});

describe('a key that is proven and not admitted', () => {
  it('is told the line that would admit it, and closed a second later', async () => {
    await start();
    const own = generateKey();
    const connection = await engine.connect(own);
    await expect(connection.call('status', {})).rejects.toMatchObject({
      kind: 'unauthenticated',
      remedy: expect.stringContaining('add-client') as string,
    });
    await until(() => engine.gate.connections.of(own.publicKey).length === 0);
  });

  it('has at most four connections, from however many addresses', async () => {
    await start();
    const own = generateKey();
    for (let at = 1; at <= 10; at += 1) await stranger(own, `127.0.2.${at}`);
    await until(() => engine.gate.connections.of(own.publicKey).length === 4);
    expect(lines.join('\n')).toContain('too many connections by one key');
  });

  it('costs no key exchange above the rate of its address, and an admitted key there still has its own', async () => {
    await start();
    const started = performance.now();
    const outcomes = await Promise.allSettled(Array.from({ length: 300 }, () => stranger()));
    const seconds = (performance.now() - started) / 1_000;
    const through = outcomes.filter(({ status }) => status === 'fulfilled').length;
    // 64 at once, and ten for every second that this took.
    expect(through).toBeGreaterThanOrEqual(60);
    expect(through).toBeLessThanOrEqual(64 + 10 * seconds);
    expect(through).toBeLessThan(300);
    (await workerGetsIn()).close();
    expect(lines.filter((line) => line.includes('too many new connections'))).toHaveLength(1);
  });

  it('is no reason to spend one on whoever only names an admitted key', async () => {
    await start();
    const copied = { ...worker, publicKey: worker.publicKey } as typeof worker;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () =>
        prove(engine.port, engine.key.publicKey, copied, { secret: Buffer.alloc(32, 7) }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    (await workerGetsIn()).close();
  });
});

describe('a hello of an admitted key that somebody has recorded', () => {
  const replays = async (hello: Buffer, count: number, from: (at: number) => string): Promise<number> => {
    const costs = await Promise.all(
      Array.from({ length: count }, (_, at) => costsKeyExchange(engine.port, hello, from(at))),
    );
    return costs.filter(Boolean).length;
  };

  it('costs no more key exchanges than strangers have, from one address or many, and its owner gets in', async () => {
    await start();
    const hello = await recorded(engine.port, engine.key.publicKey, worker);
    const started = performance.now();
    const fromOne = await replays(hello, 300, () => '127.0.0.1');
    // What it proves is not in doubt: as often as anybody there may, it costs one.
    expect(fromOne).toBeGreaterThanOrEqual(60);
    (await workerGetsIn()).close();
    const fromMany = await replays(hello, 600, (at) => `127.0.3.${1 + (at % 60)}`);
    const seconds = (performance.now() - started) / 1_000;
    expect(fromOne).toBeLessThanOrEqual(64 + 10 * seconds);
    expect(fromOne + fromMany).toBeLessThanOrEqual(200 + 100 * seconds);
    (await workerGetsIn()).close();
  });

  it('does not keep out the one it is a copy of, also when the copy is there first', async () => {
    await start();
    let taken = false;
    await recorded(engine.port, engine.key.publicKey, worker, async (hello) => {
      taken = await costsKeyExchange(engine.port, hello, '127.0.0.2');
    });
    expect(taken).toBe(true);
  });

  it('does not crowd out the handshake of its owner, from the same address', async () => {
    await start();
    const hello = await recorded(engine.port, engine.key.publicKey, worker);
    const held = (road = await slowRoad(engine.port));
    const proving = proves(held);
    await held.asked;
    for (let at = 0; at < 50; at += 1) raw().write(hello);
    expect(await replays(hello, 10, () => '127.0.0.1')).toBeGreaterThan(0);
    held.release();
    open.push(await proving);
    await until(() => engine.gate.connections.of(worker.publicKey).length === 1);
  });

  it('is not taken in pieces, for it would not be known again', async () => {
    await start();
    const hello = await recorded(engine.port, engine.key.publicKey, worker);
    const pieces = [hello.subarray(5, 35), hello.subarray(35)].map((piece) => {
      const header = Buffer.from(hello.subarray(0, 5));
      header.writeUInt16BE(piece.length, 3);
      return Buffer.concat([header, piece]);
    });
    expect(await costsKeyExchange(engine.port, Buffer.concat(pieces), '127.0.0.1')).toBe(false);
  });
});

describe('abuse of HTTP/2 by an unknown caller', () => {
  const floods: [string, () => Buffer][] = [
    ['SETTINGS', () => frame(FRAME.settings, 0, 0, setting(4, 65_535))],
    ['PING', () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['WINDOW_UPDATE', () => frame(FRAME.windowUpdate, 0, 0, Buffer.of(0, 0, 0, 1))],
    ['empty DATA', () => frame(FRAME.data, 0, 1)],
  ];

  /** The engine reads 64 KiB; the rest is what the system buffers on both sides. */
  const TAKEN = 16 * 1024 * 1024;

  /** Writes until it is closed, at most 64 MB. @returns how much it could write. */
  async function flood(socket: Socket, next: (number: number) => Buffer): Promise<number> {
    let written = 0;
    for (let at = 0; written < 64 * 1024 * 1024 && !socket.destroyed; at += 200) {
      const chunk = Buffer.concat(Array.from({ length: 200 }, (_, number) => next(at + number)));
      written += chunk.length;
      if (!socket.write(chunk)) await once(socket, 'drain').catch(() => undefined);
    }
    await lifetime(socket);
    return written;
  }

  it.each(floods)('a flood of %s is cut off', async (_, bytes) => {
    await start();
    const socket = raw();
    socket.write(Buffer.concat([preface(), callHeaders(1, HEALTH, undefined, false)]));
    const one = bytes();
    const flooding = flood(socket, () => one);
    (await workerGetsIn()).close();
    expect(await flooding).toBeLessThan(TAKEN);
  });

  it('a rapid reset (CVE-2023-44487) is cut off', async () => {
    await start();
    const socket = raw();
    socket.write(preface());
    const flooding = flood(socket, (number) => {
      const stream = 2 * number + 1;
      return Buffer.concat([
        callHeaders(stream, STATUS, undefined, false),
        frame(FRAME.reset, 0, stream, Buffer.of(0, 0, 0, 8)),
      ]);
    });
    (await workerGetsIn()).close();
    expect(await flooding).toBeLessThan(TAKEN);
  });

  it('headers without end (CONTINUATION) are cut off', async () => {
    await start();
    const socket = raw();
    socket.write(Buffer.concat([preface(), frame(FRAME.headers, 0, 1, field(':method', 'POST'))]));
    const more = frame(FRAME.continuation, 0, 1, field('x-more', 'y'.repeat(100)));
    const flooding = flood(socket, () => more);
    (await workerGetsIn()).close();
    expect(await flooding).toBeLessThan(TAKEN);
  });

  it('calls above the rate are answered RESOURCE_EXHAUSTED, and the connection is closed', async () => {
    await start();
    const socket = raw();
    const answers: Buffer[] = [];
    socket.on('data', (data: Buffer) => answers.push(data));
    socket.write(preface());
    for (let at = 0; at < 110; at += 1)
      socket.write(
        Buffer.concat([callHeaders(2 * at + 1, HEALTH, undefined, false), emptyMessage(2 * at + 1)]),
      );
    // For its calls, and not because its ten seconds were over.
    expect(await lifetime(socket)).toBeLessThan(9_000);
    expect(lines).toContain('<4>call.limited: 127.0.0.1: too many calls by callers that are not admitted');
    expect(Buffer.concat(answers).length).toBeGreaterThan(0);
  });
});

describe('x-banyan-public-key', () => {
  // What is within the bounds of HTTP/2 is refused by who reads it, as another key; the rest before anybody does.
  it.each([
    ['a hundred times', 100, 44, 'unauthenticated'],
    ['two hundred times', 200, 44, 'exhausted'],
    ['of sixty thousand bytes', 1, 60_000, 'unauthenticated'],
    ['of a megabyte', 1, 1_000_000, 'unavailable'],
  ])('%s is refused, and the engine goes on', async (_, times, length, kind) => {
    await start();
    const connection = await engine.connect(worker);
    const metadata = new Metadata();
    for (let at = 0; at < times; at += 1) metadata.add('x-banyan-public-key', 'A'.repeat(length));
    await expect(callUnary(connection.operator, 'status', {}, metadata, CALL_MS)).rejects.toMatchObject({
      kind,
    });
    connection.close();
    (await workerGetsIn()).close();
  });
});

describe('an admitted client', () => {
  it('has a bounded number of connections, of which the newest stay', async () => {
    await start({ connectionsPerClient: 3 });
    const sockets: Socket[] = [];
    for (let at = 0; at < 10; at += 1) sockets.push(await stranger(worker));
    await until(() => engine.gate.connections.of(worker.publicKey).length === 3);
    await until(() => sockets.filter((socket) => socket.closed).length === 7);
    expect(sockets.slice(-3).map((socket) => socket.closed)).toEqual([false, false, false]);
    expect(lines.filter((line) => line.includes('call.limited'))).toEqual([
      '<4>call.limited worker-1: more than 3 connections of one client; the oldest is closed',
    ]);
  });

  it('that crashes in a loop, and leaves every connection open behind it, always gets in again', async () => {
    await start({ connectionsPerClient: 4, unknownPerAddress: 4 });
    for (let at = 0; at < 40; at += 1) {
      const half = await stranger(worker);
      half.pause();
      const connection = await workerGetsIn();
      await sync(connection);
    }
    await until(() => engine.gate.connections.of(worker.publicKey).length <= 4);
  });

  it('has a bounded number of open calls, and is told which limit it met', async () => {
    await start({ callsPerClient: 4 });
    const connection = await workerGetsIn();
    const streams = Array.from({ length: 4 }, () => connection.engine.sync(connection.metadata()));
    for (const stream of streams) stream.on('error', () => undefined);
    await until(async () => {
      const error: unknown = await connection.call('status', {}).catch((thrown: unknown) => thrown);
      return (error as { kind?: string }).kind === 'exhausted' ? error : undefined;
    });
    await expect(connection.call('status', {})).rejects.toMatchObject({
      kind: 'exhausted',
      message: 'more than 4 open calls of one client',
      remedy: expect.stringContaining('engine.max_calls_per_client') as string,
    });
    for (const stream of streams) stream.cancel();
    await until(() => connection.call('status', {}));
  });

  it('that never reads has its calls open, however many connections it makes them on', async () => {
    await start({ callsPerClient: 10 });
    const key = field('x-banyan-public-key', worker.publicKey.text);
    for (let at = 0; at < 3; at += 1) {
      const socket = await stranger(worker);
      // SETTINGS_INITIAL_WINDOW_SIZE 0: the engine may send headers and no answer.
      socket.write(preface(setting(4, 0)));
      for (let call = 0; call < 5; call += 1) {
        const stream = 2 * call + 1;
        socket.write(Buffer.concat([callHeaders(stream, STATUS, key, false), emptyMessage(stream)]));
      }
    }
    await until(() =>
      lines.some((line) => line === '<4>call.limited worker-1: more than 10 open calls of one client'),
    );
  });

  it('makes no more calls a second than its limit, on however many connections', async () => {
    await start({ callRatePerClient: 20 });
    const connections = [await workerGetsIn(), await workerGetsIn(), await workerGetsIn()];
    const started = performance.now();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 300 }, (_, at) => health(connections[at % 3]!)),
    );
    const allowed = 100 + ((performance.now() - started) / 1_000) * 20;
    const made = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(made).toBeGreaterThan(50);
    expect(made).toBeLessThanOrEqual(allowed);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual(
      Array.from({ length: 300 - made }, () => ({
        status: 'rejected',
        reason: expect.objectContaining({ kind: 'exhausted' }) as Error,
      })),
    );
    const limited = lines.filter((line) => line.includes('call.limited'));
    expect(limited).toEqual([
      expect.stringMatching(/^<4>call\.limited worker-1: more than \d+ (calls a second|open calls)/),
    ]);
    await until(() => connections[0]!.call('status', {}));
  });

  it('floods its stream no faster either', async () => {
    await start({ callRatePerClient: 20 });
    const stream = await sync(await workerGetsIn());
    const ended = once(stream, 'error');
    for (let at = 0; at < 500; at += 1)
      stream.write({ message: { $case: 'linkCount', value: { up: 0, wanted: 0 } } });
    expect((await ended)[0]).toMatchObject({ code: 8 });
  });

  it('has one Sync stream: a newer one takes the place of the older, which is told so', async () => {
    await start();
    const connection = await workerGetsIn();
    const older = await sync(connection);
    const ended = once(older, 'error');
    const newer = await sync(await workerGetsIn());
    expect((await ended)[0]).toMatchObject({
      code: 8,
      details: expect.stringContaining('a newer stream of this agent') as string,
    });
    const { agents } = await connection.call('listAgents', {});
    expect(agents).toMatchObject([{ name: 'worker-1', state: 'online' }]);
    newer.cancel();
  });
});

it('a flood from one address is one line of the log a minute, and from many a bounded number', async () => {
  await start({ unknownPerAddress: 4, unknownConnections: 16 });
  for (let at = 0; at < 60; at += 1) tireless('127.0.0.9', Buffer.alloc(0));
  const warnings = () => lines.filter((line) => line.startsWith('<4>'));
  await until(() => warnings().length > 0);
  for (let round = 0; round < 20; round += 1) (await workerGetsIn()).close();
  const limited = lines.filter((line) => line.startsWith('<4>call.limited: 127.0.0.9'));
  expect(limited.length).toBeLessThanOrEqual(2);
  expect(new Set(limited).size).toBe(limited.length);
  expect(warnings().length).toBeLessThanOrEqual(3);
});

/**
 * A stranger on the network who means harm. Run on a test host, as
 *
 *     node hostile-traffic.js ADDRESS PORT ENGINE-KEY
 *
 * Does one thing after another and says `done NAME` after each; what it has begun stays open until its input ends.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Channel, Metadata } from '@grpc/grpc-js';
import { PskCredentials } from '#channel';
import { channelSecret, PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { EngineServiceClient, RegisterRequest } from '#protocol';
import { gone } from '../adversary/hostile-caller.js';

const [host = '', port = '', key = ''] = process.argv.slice(2);
const engine = PublicKey.parse(key, 'ENGINE-KEY');
const sockets: Socket[] = [];

/** The header of a TLS record of 512 bytes, and the begin of a ClientHello. */
const HALF_HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + '\0\0\0\x04\0\0\0\0\0', 'latin1');
/** A DATA frame of HTTP/2 for a stream that nobody has opened (RFC 9113, section 6.1). */
const DATA_FRAME = Buffer.concat([Buffer.from([0x00, 0x40, 0x00, 0, 0, 0, 0, 0, 1]), Buffer.alloc(16_384)]);

async function open(): Promise<Socket> {
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined).resume();
  sockets.push(socket);
  await once(socket, 'connect').catch(() => undefined);
  return socket;
}

function many(count: number, what: (socket: Socket, number: number) => unknown): Promise<unknown> {
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      await what(await open(), number);
    }),
  );
}

/** A connection that proves a key which nobody has admitted. */
async function prove(): Promise<{ raw: Socket; secure: TLSSocket }> {
  const own = generateKey();
  const psk = channelSecret(own, { client: own.publicKey, engine });
  const raw = await open();
  const secure = connectTls({
    socket: raw,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ALPNProtocols: ['h2'],
    pskCallback: () => ({ identity: own.publicKey.text, psk }),
    checkServerIdentity: () => undefined,
  });
  secure.on('error', () => undefined).resume();
  // Above the rate of one address the engine lets no handshake be completed.
  await Promise.race([once(secure, 'secureConnect'), gone(secure)]).catch(() => undefined);
  return { raw, secure };
}

/** A call whose one message is of ten megabytes. */
async function callHuge(): Promise<void> {
  const at = `${host}:${port}`;
  const creds = new PskCredentials(generateKey(), engine);
  const channelOverride = new Channel(at, creds, { 'grpc.use_local_subchannel_pool': 1 });
  const client = new EngineServiceClient(at, creds, { channelOverride });
  const huge = RegisterRequest.fromPartial({ agentName: 'x'.repeat(10 * 1024 * 1024) });
  await new Promise<void>((resolve) => {
    client.register(huge, new Metadata(), { deadline: Date.now() + 5_000 }, () => resolve());
  });
  client.close();
}

const attacks: Record<string, () => Promise<unknown>> = {
  'random bytes': () => many(300, (socket) => socket.write(randomBytes(4_096))),
  'random records of TLS': () =>
    many(300, (socket) => socket.write(Buffer.concat([HALF_HELLO.subarray(0, 5), randomBytes(512)]))),
  'half a hello': () => many(300, (socket) => socket.write(HALF_HELLO)),
  silence: () => many(1_500, () => undefined),
  'half a preface': () => many(200, (socket) => socket.write(PREFACE.subarray(0, 10))),
  'a trickle': () =>
    many(100, (socket) => {
      socket.write(HALF_HELLO.subarray(0, 5));
      const drip = setInterval(() => socket.write(Buffer.of(1)), 200);
      socket.once('close', () => clearInterval(drip));
    }),
  'frames without end': () =>
    many(20, (socket) => {
      socket.write(PREFACE);
      for (let sent = 0; sent < 10 * 1024 * 1024; sent += 16_384) socket.write(DATA_FRAME);
    }),
  'ten megabytes': () => Promise.all(Array.from({ length: 10 }, callHuge)),
  'resets in a handshake': async () => {
    for (let round = 0; round < 8; round += 1) {
      await many(50, (socket) => {
        socket.write(HALF_HELLO);
        socket.resetAndDestroy();
      });
    }
  },
  // The engine sends its settings, and then the answer that this is no call.
  'resets near its writes': async () => {
    for (let round = 0; round < 10; round += 1) {
      const made = await Promise.all(Array.from({ length: 30 }, prove));
      for (const [number, { raw, secure }] of made.entries()) {
        secure.write(Buffer.concat([PREFACE, DATA_FRAME]));
        setTimeout(() => raw.resetAndDestroy(), number % 5);
      }
    }
  },
};

for (const [name, attack] of Object.entries(attacks)) {
  await attack();
  console.log(`done ${name}`);
}
process.stdin.resume();
await once(process.stdin, 'end');
process.exit();

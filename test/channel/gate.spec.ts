import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Channel, credentials, Metadata, type ChannelCredentials } from '@grpc/grpc-js';
import { callUnary, PskCredentials } from '#channel';
import { channelSecret, type PrivateKey, type PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { EngineServiceClient, RegisterRequest, type SyncResponse } from '#protocol';
import { until } from '../lab/until.js';
import { CALL_MS, gatedServer, type GatedServer } from './gated-server.js';

const PSK: ConnectionOptions = {
  minVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ALPNProtocols: ['h2'],
  checkServerIdentity: () => undefined,
};

const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + '\0\0\0\x04\0\0\0\0\0';

let server: GatedServer;
const clients: EngineServiceClient[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  server = await gatedServer();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

function client(creds: ChannelCredentials, host = '127.0.0.1', port = server.port): EngineServiceClient {
  const at = `${host}:${port}`;
  const channel = new Channel(at, creds, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
  });
  const made = new EngineServiceClient(at, creds, { channelOverride: channel });
  clients.push(made);
  return made;
}

function raw(): Socket {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

/** Where to connect to by way of a listener of TLS records. @param heard is given the length of each that the server sends. */
async function tapped(heard: number[]): Promise<number> {
  const tap = createServer((near) => {
    const far = raw();
    sockets.push(near);
    near.on('error', () => undefined).pipe(far);
    let waiting = Buffer.alloc(0);
    far.on('data', (bytes: Buffer) => {
      near.write(bytes);
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 5 && waiting.length >= 5 + waiting.readUInt16BE(3)) {
        heard.push(waiting.readUInt16BE(3));
        waiting = waiting.subarray(5 + waiting.readUInt16BE(3));
      }
    });
  });
  tap.unref().listen(0, '127.0.0.1');
  await once(tap, 'listening');
  return (tap.address() as AddressInfo).port;
}

/** A TLS client that names `identity` and uses `psk`, whatever they are. */
async function handshake(identity: string, psk: Buffer, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: server.port,
    ...PSK,
    pskCallback: () => ({ identity, psk }),
    ...more,
  });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
  return socket;
}

function secretOf(own: PrivateKey, engine: PublicKey): Buffer {
  return channelSecret(own, { client: own.publicKey, engine });
}

const health = (of: EngineServiceClient): Promise<{ publicKey: string }> =>
  callUnary(of, 'health', {}, new Metadata(), CALL_MS);

describe('a caller that proves its key', () => {
  it('is known by that key on every call', async () => {
    const own = generateKey();
    await health(client(new PskCredentials(own, server.key.publicKey)));
    expect(server.seen[0]?.provenKey?.text).toBe(own.publicKey.text);
    expect(server.seen[0]?.path).toBe('loopback');
  });

  it('is cut off at once when its key is revoked, its open stream included', async () => {
    const own = generateKey();
    const stream = client(new PskCredentials(own, server.key.publicKey)).sync(new Metadata());
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '' } } });
    await once(stream, 'data');
    const failed = once(stream, 'error');
    expect(server.gate.destroyKey(own.publicKey)).toBe(1);
    const [error] = (await failed) as [{ code: number }];
    expect(error.code).toBe(14);
  });

  it('is sent a large message of a stream whole, in records that need no large buffer for encryption', async () => {
    await server.close();
    const version = Array.from({ length: 20_000 }, (_, index) => index.toString(36)).join(' ');
    server = await gatedServer({ engineVersion: version });
    const records: number[] = [];
    const port = await tapped(records);
    const stream = client(new PskCredentials(generateKey(), server.key.publicKey), '127.0.0.1', port).sync(
      new Metadata(),
    );
    stream.on('error', () => undefined);
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '' } } });

    const [answer] = (await once(stream, 'data')) as [SyncResponse];

    expect(answer.message).toMatchObject({ value: { engineVersion: version } });
    expect(Math.max(...records)).toBeLessThan(1_300);
  });

  it('does not end the connections of another key when it is revoked', async () => {
    const [one, other] = [generateKey(), generateKey()];
    const staying = client(new PskCredentials(other, server.key.publicKey));
    await health(client(new PskCredentials(one, server.key.publicKey)));
    await health(staying);
    server.gate.destroyKey(one.publicKey);
    await health(staying);
    expect(server.seen.at(-1)).toBe(server.seen[1]);
  });
});

describe('a caller that does not hold the private key', () => {
  it('gets no further than the handshake with a copied public key and a made-up secret', async () => {
    const victim = generateKey().publicKey;
    await expect(handshake(victim.text, Buffer.alloc(32, 9))).rejects.toThrow();
    expect(server.gate.connections.size).toBe(0);
  });

  it('is not let in by a certificate-style TLS client, nor without a PSK', async () => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: server.port,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    sockets.push(socket);
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
  });

  it.each(['', 'x', 'A'.repeat(44), '../../etc/passwd', 'a'.repeat(200)])(
    'fails the same way for the identity %p',
    async (identity) => {
      await expect(handshake(identity, Buffer.alloc(32, 9))).rejects.toThrow();
    },
  );
});

describe('the TLS server', () => {
  it('resumes no session: the next connection must prove the key again', async () => {
    const own = generateKey();
    const secret = secretOf(own, server.key.publicKey);
    const socket = await handshake(own.publicKey.text, secret);
    socket.write(HTTP2_PREFACE);
    // OpenSSL sends a handle even where tickets are off; it must not open anything.
    const [session] = (await once(socket, 'session')) as [Buffer];
    await expect(handshake(own.publicKey.text, Buffer.alloc(32, 9), { session })).rejects.toThrow();
    await handshake(own.publicKey.text, secret, { session });
    // The server learns of a handshake a moment after the client does.
    await until(() => server.gate.connections.of(own.publicKey).length === 2);
    const bare = connectTls({
      host: '127.0.0.1',
      port: server.port,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
      session,
    });
    sockets.push(bare);
    await expect(once(bare, 'secureConnect')).rejects.toThrow();
  });

  it('closes a connection that did not negotiate h2', async () => {
    const own = generateKey();
    const socket = await handshake(own.publicKey.text, secretOf(own, server.key.publicKey), {
      ALPNProtocols: [],
    });
    if (!socket.closed) await once(socket, 'close');
    expect(server.gate.connections.size).toBe(0);
  });

  it('uses an ephemeral key exchange on top of the PSK', async () => {
    const own = generateKey();
    const socket = await handshake(own.publicKey.text, secretOf(own, server.key.publicKey));
    expect(socket.getEphemeralKeyInfo()).toMatchObject({ name: 'X25519MLKEM768' });
  });
});

describe('a plain connection', () => {
  it('proves nothing; on loopback it has the user of the calling socket', async () => {
    await health(client(credentials.createInsecure()));
    expect(server.seen[0]).toMatchObject({ path: 'loopback', callerUid: process.getuid?.() });
    expect(server.seen[0]?.provenKey).toBeUndefined();
  });

  it('ends with the key it acted for', async () => {
    const key = generateKey().publicKey;
    const plain = client(credentials.createInsecure());
    await health(plain);
    server.gate.connections.claim(server.seen[0]!, key.text);
    expect(server.gate.destroyKey(key)).toBe(1);
  });
});

describe('what is not a caller at all', () => {
  it.each([
    ['random bytes', Buffer.from('\x00\xff\x13\x37 nothing')],
    ['HTTP/1', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ])('%s is closed at once', async (_, bytes) => {
    const socket = raw();
    socket.write(bytes);
    socket.resume();
    await once(socket, 'close');
    expect(server.gate.connections.size).toBe(0);
  });

  it('silence, half a TLS hello and a trickle of one are closed after ten seconds', async () => {
    const silent = raw();
    const half = raw();
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]));
    const trickle = raw();
    trickle.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    const drip = setInterval(() => trickle.write(Buffer.from([0x01])), 300);
    const started = Date.now();
    await Promise.all(
      [silent, half, trickle].map(async (socket) => {
        socket.resume();
        await once(socket, 'close');
      }),
    );
    clearInterval(drip);
    // HTTP/2 by itself would leave them for two minutes.
    expect(Date.now() - started).toBeLessThan(40_000);
  });

  it('a message of 10 MB is refused with a status, and the server goes on', async () => {
    const own = generateKey();
    const calling = client(new PskCredentials(own, server.key.publicKey));
    const huge = RegisterRequest.fromPartial({ agentName: 'x'.repeat(10 * 1024 * 1024) });
    await expect(callUnary(calling, 'register', huge, new Metadata(), CALL_MS)).rejects.toMatchObject({
      kind: 'exhausted',
    });
    await health(calling);
  });

  it('a reset in the middle of anything does not end the server', async () => {
    const own = generateKey();
    for (const at of [0, 1, 5, 50]) {
      const socket = raw();
      await once(socket, 'connect');
      socket.write(Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), Buffer.alloc(at, 1)]));
      socket.resetAndDestroy();
    }
    await health(client(new PskCredentials(own, server.key.publicKey)));
  });
});

describe('two connections that share their remote address and port', () => {
  it('keep their own identities', async () => {
    await server.close();
    server = await gatedServer({ host: '0.0.0.0' });
    const [one, two] = [generateKey(), generateKey()];
    const dialled = async (own: PrivateKey, host: string, localPort?: number): Promise<TLSSocket> => {
      const socket = connect({
        host,
        port: server.port,
        localAddress: '127.0.0.1',
        ...(localPort ? { localPort } : {}),
      });
      sockets.push(socket);
      await once(socket, 'connect');
      const secure = connectTls({
        socket,
        ...PSK,
        pskCallback: () => ({ identity: own.publicKey.text, psk: secretOf(own, server.key.publicKey) }),
      });
      sockets.push(secure);
      await once(secure, 'secureConnect');
      return secure;
    };
    const first = await dialled(one, '127.0.0.2');
    const second = await dialled(two, '127.0.0.3', first.localPort);
    expect(second.localPort).toBe(first.localPort);
    const find = (local: string): string | undefined =>
      server.gate.connections.find({
        localAddress: local,
        localPort: server.port,
        remoteAddress: '127.0.0.1',
        remotePort: first.localPort!,
      })?.provenKey?.text;
    await until(() => server.gate.connections.size === 2);
    expect([find('127.0.0.2'), find('127.0.0.3')]).toEqual([one.publicKey.text, two.publicKey.text]);
  });
});

/**
 * Connections that mean harm, one at a time: what an attacker can send without a key that is admitted. From loopback
 * addresses, of which a host has sixteen million.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { channelSecret, type PrivateKey, type PublicKey } from '#crypto';
import { frame } from './raw-http2.js';

/** The header of a TLS record of 512 bytes, and the beginning of a ClientHello. */
export const HALF_HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
/** RFC 9113, section 3.4. */
export const MAGIC = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  windowUpdate: 8,
  continuation: 9,
};
const END_STREAM = 0x1;
export const END_HEADERS = 0x4;

/** What every client begins with: the magic and its settings. */
export const preface = (settings: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([MAGIC, frame(FRAME.settings, 0, 0, settings)]);

/** One setting (RFC 9113, section 6.5.1). */
export function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

/** A header field without compression (RFC 7541, section 6.2.2). Values of up to 126 bytes. */
export function field(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name, 'latin1'),
    Buffer.of(value.length),
    Buffer.from(value, 'latin1'),
  ]);
}

/** The headers of a call, ended at once or not. */
export function callHeaders(
  stream: number,
  path: string,
  more: Buffer = Buffer.alloc(0),
  ends = true,
): Buffer {
  const fields = [
    field(':method', 'POST'),
    field(':scheme', 'http'),
    field(':path', path),
    field(':authority', 'engine'),
    field('content-type', 'application/grpc'),
    field('te', 'trailers'),
    more,
  ];
  return frame(FRAME.headers, END_HEADERS | (ends ? END_STREAM : 0), stream, Buffer.concat(fields));
}

/** A message without content, and the end of the stream. */
export const emptyMessage = (stream: number): Buffer =>
  frame(FRAME.data, END_STREAM, stream, Buffer.alloc(5));

/** A raw connection from this address. Errors are its own business. */
export function dial(port: number, from = '127.0.0.1'): Socket {
  return connect({ host: '127.0.0.1', port, localAddress: from })
    .on('error', () => undefined)
    .resume();
}

/** A connection that proves this key, or as much as its secret is worth. @throws Error when it is closed before. */
export async function prove(
  port: number,
  engine: PublicKey,
  own: PrivateKey,
  { from = '127.0.0.1', secret = channelSecret(own, { client: own.publicKey, engine }) } = {},
): Promise<TLSSocket> {
  const raw = connect({ host: '127.0.0.1', port, localAddress: from }).on('error', () => undefined);
  const socket = connectTls({
    socket: raw,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ALPNProtocols: ['h2'],
    pskCallback: () => ({ identity: own.publicKey.text, psk: secret }),
    checkServerIdentity: () => undefined,
  });
  socket.on('error', () => undefined).resume();
  const closed = gone(socket).then(() => Promise.reject(new Error('closed in the handshake')));
  closed.catch(() => undefined);
  await Promise.race([once(socket, 'secureConnect'), closed]);
  return socket;
}

/**
 * The hello of a connection that proves this key, as somebody on its way records it.
 * @param first done with it before it goes on.
 * @throws Error when the engine does not take it then.
 */
export async function recorded(
  port: number,
  engine: PublicKey,
  own: PrivateKey,
  first: (hello: Buffer) => unknown = () => undefined,
): Promise<Buffer> {
  const hello = Promise.withResolvers<Buffer>();
  const tap = createServer((socket) => {
    const onward = connect({ host: '127.0.0.1', port }).on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    // It comes as a whole: our clients write it at once, and it is smaller than a packet of loopback.
    socket.once('data', (bytes: Buffer) => {
      socket.pause();
      hello.resolve(bytes);
      void Promise.resolve(first(bytes)).then(() => {
        onward.write(bytes);
        socket.pipe(onward).pipe(socket);
      });
    });
  });
  await once(tap.listen(0, '127.0.0.1'), 'listening');
  try {
    (await prove((tap.address() as AddressInfo).port, engine, own)).destroy();
    return await hello.promise;
  } finally {
    tap.close();
  }
}

/** Sends these bytes from an address. @returns whether the answer is a ServerHello, which costs a key exchange. */
export async function costsKeyExchange(port: number, hello: Buffer, from: string): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from }).on('error', () => undefined);
  socket.write(hello);
  const answer = await Promise.race([once(socket, 'data') as Promise<[Buffer]>, gone(socket)]);
  socket.destroy();
  return answer?.[0][0] === 0x16;
}

/** Milliseconds until it is closed by the other side. */
export async function lifetime(socket: Socket): Promise<number> {
  const started = performance.now();
  await gone(socket);
  return performance.now() - started;
}

/** However it ended. */
export function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** A way to the engine on which its answers are kept back until they are let go. */
export interface SlowRoad {
  readonly port: number;
  /** Settles when the engine has answered. */
  readonly asked: Promise<unknown>;
  release(): void;
  close(): void;
}

export async function slowRoad(enginePort: number): Promise<SlowRoad> {
  const onward = connect({ host: '127.0.0.1', port: enginePort, localAddress: '127.0.0.1' });
  onward.on('error', () => undefined);
  let back: Socket | undefined;
  const server = createServer((socket) => {
    back = socket.on('error', () => undefined);
    socket.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked: once(onward, 'readable'),
    release: () => {
      if (back) onward.pipe(back);
    },
    close: () => {
      server.close();
      back?.destroy();
      onward.destroy();
    },
  };
}

/**
 * HTTP/2 by hand (RFC 9113), for requests that no proper client would send. Not here: anything that takes care of
 * its flow control, of compression, or of what the other side thinks of it.
 */
import type { Duplex } from 'node:stream';
import { StatusResponse } from '#protocol';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
export const STATUS_PATH = '/banyan.v1.OperatorService/Status';

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const GOAWAY = 7;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const END_HEADERS = 4;

/** Largest payload of a frame that needs no permission (section 4.2). */
const MAX_FRAME = 16_384;

export type Field = readonly [name: string, value: string | Buffer];

/** One frame of HTTP/2 (RFC 9113, section 4.1). */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A block of literal fields, never indexed, nothing compressed (RFC 7541, section 6.2.3). */
export function block(fields: readonly Field[]): Buffer {
  const parts = fields.flatMap(([name, value]) => [
    Buffer.of(0x10),
    text(Buffer.from(name, 'latin1')),
    text(typeof value === 'string' ? Buffer.from(value, 'latin1') : value),
  ]);
  return Buffer.concat(parts);
}

/** A string that is not compressed, behind its length (RFC 7541, sections 5.1 and 5.2). */
function text(bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length - 0x7f;
  if (rest < 0) length.push(bytes.length);
  else {
    length.push(0x7f);
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) length.push((rest % 0x80) | 0x80);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** Header frames of one request, as many as it takes. */
export function headerFrames(stream: number, fields: readonly Field[], flags = 0): Buffer {
  const whole = block(fields);
  const parts: Buffer[] = [];
  for (let at = 0; at < whole.length; at += MAX_FRAME) parts.push(whole.subarray(at, at + MAX_FRAME));
  return Buffer.concat(
    parts.map((part, number) => {
      const last = number === parts.length - 1 ? END_HEADERS : 0;
      return number === 0
        ? frame(HEADERS, flags | last, stream, part)
        : frame(CONTINUATION, last, stream, part);
    }),
  );
}

/** What every gRPC request begins with. */
export function grpcFields(path: string): Field[] {
  return [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'engine'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
}

/** A message with its five bytes of length, uncompressed. */
export function grpcMessage(message: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Everything a connection begins with. */
export function opening(): Buffer {
  return Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]);
}

/** Asks once on a fresh connection who the engine thinks is calling. @returns undefined when it says nothing of it. */
export async function askIdentity(
  socket: Duplex,
  fields: readonly Field[],
  trailers: readonly Field[] = [],
): Promise<string | undefined> {
  const asked = ask(socket, 1, fields, trailers);
  socket.write(opening());
  return asked;
}

/** As {@link askIdentity}, on a connection that is open: `stream` is an odd number that grows with each call. */
export async function ask(
  socket: Duplex,
  stream: number,
  fields: readonly Field[],
  trailers: readonly Field[] = [],
): Promise<string | undefined> {
  const answer = answerOn(socket, stream);
  // Behind the preface, which the caller may have yet to send.
  queueMicrotask(() => {
    const ended = trailers.length === 0 ? END_STREAM : 0;
    socket.write(headerFrames(stream, [...grpcFields(STATUS_PATH), ...fields]));
    socket.write(frame(DATA, ended, stream, grpcMessage()));
    if (trailers.length > 0) socket.write(headerFrames(stream, trailers, END_STREAM));
  });
  return answer;
}

/** The identity in the answer on one stream; settles when that stream, or the connection, has ended. */
function answerOn(socket: Duplex, stream: number): Promise<string | undefined> {
  let received = Buffer.alloc(0);
  let data = Buffer.alloc(0);
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('data', take);
      socket.off('close', done);
      resolve(data.length > 5 ? StatusResponse.decode(data.subarray(5)).identity : undefined);
    };
    const take = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      for (;;) {
        const length = received.length < 9 ? 0 : received.readUIntBE(0, 3);
        if (received.length < 9 || received.length < 9 + length) return;
        const [type, flags, on] = [received[3], received[4]!, received.readUInt32BE(5)];
        const payload = received.subarray(9, 9 + length);
        received = received.subarray(9 + length);
        if (type === GOAWAY) return done();
        if (on !== stream) continue;
        if (type === DATA) data = Buffer.concat([data, payload]);
        const ends = (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0;
        if (ends || type === RST_STREAM) return done();
      }
    };
    socket.on('data', take);
    socket.once('close', done);
  });
}

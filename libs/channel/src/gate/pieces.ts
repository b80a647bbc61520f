/**
 * What a TLS connection reads and writes goes through it in pieces. Node buffers what is encrypted, each way: first in
 * about 1 KiB, and in 16 KiB more from when that did not suffice once, as long as the connection lasts. An engine has a
 * thousand of these, and all but the hello and the network of a new agent is smaller.
 */
import type { Socket } from 'node:net';
import { Duplex, type Writable } from 'node:stream';

/** Less than Node's first buffers: 1,024 for what is read; what a handshake writes, some 1,300, for what is written. */
const PIECE_BYTES = 1_000;

/** What was read of a raw connection before TLS takes over is read by it in pieces. */
export function readInPieces(socket: Socket): void {
  socket.read = readPiece;
}

/**
 * What is written to an HTTP/2 stream goes on when the piece before it is on its way: one turn of the event loop each.
 * Only for streams that wait for trailers, as all of grpc-js do: Node ends others behind the piece under way.
 */
export function writeInPieces(stream: Writable): void {
  stream._write = writePieces;
  // It would take together what waits.
  Object.assign(stream, { _writev: null });
}

function readPiece(this: Socket, size?: number): unknown {
  return Duplex.prototype.read.call(this, size ?? Math.min(PIECE_BYTES, this.readableLength));
}

function writePieces(
  this: Writable,
  chunk: Buffer,
  encoding: BufferEncoding,
  done: (error?: Error | null) => void,
): void {
  const inherited = Object.getPrototypeOf(this) as Writable;
  const writeFrom = (start: number): void => {
    const end = start + PIECE_BYTES;
    const then = end < chunk.length ? (error?: Error | null) => (error ? done(error) : writeFrom(end)) : done;
    inherited._write.call(this, chunk.subarray(start, end), encoding, then);
  };
  writeFrom(0);
}

import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { writeInPieces } from './pieces.js';

/** Takes down what reaches it, and in which call; fails at the piece with this number. */
class Sink extends Writable {
  readonly pieces: Buffer[] = [];

  constructor(private readonly failsAt = Infinity) {
    super();
    writeInPieces(this);
  }

  override _write(piece: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    this.pieces.push(piece);
    setImmediate(done, this.pieces.length === this.failsAt ? new Error('gone') : undefined);
  }

  override _writev(): void {
    throw new Error('what waits was taken together');
  }
}

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));

describe('What is written in pieces', () => {
  it('arrives whole and in order, also what was written while something waited', async () => {
    const sink = new Sink();
    const messages = [bytes(2_500), bytes(0), bytes(10), bytes(1_000), bytes(1_001)];
    for (const message of messages) sink.write(message);
    sink.end();
    await once(sink, 'finish');
    expect(Buffer.concat(sink.pieces)).toEqual(Buffer.concat(messages));
    expect(sink.pieces.map(({ length }) => length)).toEqual([1_000, 1_000, 500, 0, 10, 1_000, 1_000, 1]);
  });

  it('counts as written when its last piece is', async () => {
    const sink = new Sink();
    const written = await new Promise((resolve) =>
      sink.write(bytes(2_500), () => resolve(sink.pieces.length)),
    );
    expect(written).toBe(3);
  });

  it('ends with the piece that fails', async () => {
    const sink = new Sink(2);
    const failed = once(sink, 'error');
    sink.write(bytes(5_000));
    expect(await failed).toMatchObject([{ message: 'gone' }]);
    expect(sink.pieces).toHaveLength(2);
  });

  it('arrives whole on a stream of HTTP/2 that is ended while pieces wait, as grpc-js does it', async () => {
    const server = createServer().on('stream', (stream) => {
      writeInPieces(stream);
      stream.respond({}, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.write(bytes(5_000));
      stream.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      expect(await buffer(client.request())).toEqual(bytes(5_000));
    } finally {
      client.close();
      server.close();
    }
  });
});

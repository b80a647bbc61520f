import { Socket } from 'node:net';
import { generateKey } from '#crypto/generate';
import { PskServer } from './psk-server.js';

/** Node's first buffer for what is to be decrypted; one that is full once costs 16 KiB for the life of a connection. */
const FIRST_BUFFER_BYTES = 1_024;

describe('What was read of a hello before TLS takes over', () => {
  it('is read by it in order, whole, and in pieces that never fill its first buffer', () => {
    const hello = Buffer.from(Array.from({ length: 1_560 }, (_, index) => index % 251));
    const socket = new Socket();
    socket.unshift(hello);
    new PskServer({ current: generateKey() }, () => undefined).accept(socket);

    const pieces: Buffer[] = [];
    while (socket.readableLength > 0) pieces.push(socket.read() as Buffer);

    expect(Buffer.concat(pieces)).toEqual(hello);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(FIRST_BUFFER_BYTES);
    socket.destroy();
  });
});

import type { Duplex } from 'node:stream';

const TLS_HANDSHAKE_RECORD = 0x16;
/** `P` of `PRI * HTTP/2.0`, the HTTP/2 preface (RFC 9113, section 3.4). */
const HTTP2_PREFACE_START = 0x50;

/** What a connection is, by its first byte. */
export type Spoken = 'tls' | 'http2' | 'neither';

/**
 * Tells what a connection is as soon as its first byte is there, and leaves that byte and all after it to be read.
 * @param decided called once; not at all when the connection ends by an error before.
 */
export function sniff(connection: Duplex, decided: (spoken: Spoken) => void): void {
  connection.once('readable', () => {
    const first = connection.read(1) as Buffer | null;
    if (first) connection.unshift(first);
    decided(spokenBy(first?.[0]));
  });
}

function spokenBy(first: number | undefined): Spoken {
  if (first === TLS_HANDSHAKE_RECORD) return 'tls';
  return first === HTTP2_PREFACE_START ? 'http2' : 'neither';
}

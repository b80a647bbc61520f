import type { Duplex } from 'node:stream';
import { LEAST_HELLO_BYTES } from './hellos.js';

const TLS_HANDSHAKE_RECORD = 0x16;
/** Type, version and length (RFC 8446, section 5.1). */
const RECORD_HEADER_BYTES = 5;
const MOST_RECORD_BYTES = RECORD_HEADER_BYTES + 16_384;
/** RFC 9113, section 3.4. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** What a connection is, by how it begins. */
export type Spoken = 'tls' | 'http2' | 'neither';

/**
 * Tells what a connection is as soon as its first record of TLS, or its preface of HTTP/2, is there as a whole, and
 * leaves all its bytes to be read. A TLS engine and an HTTP/2 session are costly, and halves are what strangers send.
 * @param decided called once, with what has come; not at all when the connection ends by an error before.
 */
export function sniff(connection: Duplex, decided: (spoken: Spoken, beginning: Buffer) => void): void {
  let come: Buffer = Buffer.alloc(0);
  const look = (): void => {
    const more = connection.read() as Buffer | null;
    if (more) come = come.length === 0 ? more : Buffer.concat([come, more]);
    const spoken = spokenBy(come);
    if (more && spoken === 'incomplete') return;
    connection.off('readable', look);
    if (come.length > 0) connection.unshift(come);
    decided(spoken === 'incomplete' ? 'neither' : spoken, come);
  };
  connection.on('readable', look);
}

/** Pure. */
export function spokenBy(bytes: Buffer): Spoken | 'incomplete' {
  if (bytes.length === 0) return 'incomplete';
  if (bytes[0] === HTTP2_PREFACE[0]) {
    const come = bytes.subarray(0, HTTP2_PREFACE.length);
    if (!come.equals(HTTP2_PREFACE.subarray(0, come.length))) return 'neither';
    return come.length === HTTP2_PREFACE.length ? 'http2' : 'incomplete';
  }
  if (bytes[0] !== TLS_HANDSHAKE_RECORD) return 'neither';
  if (bytes.length < RECORD_HEADER_BYTES) return 'incomplete';
  const length = RECORD_HEADER_BYTES + bytes.readUInt16BE(3);
  // A hello in pieces would be one whose random is not known in time.
  if (length < LEAST_HELLO_BYTES || length > MOST_RECORD_BYTES) return 'neither';
  return bytes.length >= length ? 'tls' : 'incomplete';
}

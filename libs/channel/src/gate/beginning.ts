/** What a connection begins with; `incomplete` when more must come to tell, `neither` when it never will be one of ours. */
export type Beginning = 'hello' | 'preface' | 'incomplete' | 'neither';

const TLS_HANDSHAKE_RECORD = 0x16;
/** Type, version and length (RFC 8446, section 5.1). */
const RECORD_HEADER_BYTES = 5;
const MOST_RECORD_BYTES = 16_384;
/** RFC 9113, section 3.4. */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Pure: whether the whole first record of TLS, or the whole preface of HTTP/2, is among the bytes that have come. */
export function beginningOf(bytes: Buffer): Beginning {
  if (bytes.length === 0) return 'incomplete';
  if (bytes[0] === HTTP2_PREFACE[0]) {
    const come = bytes.subarray(0, HTTP2_PREFACE.length);
    if (!come.equals(HTTP2_PREFACE.subarray(0, come.length))) return 'neither';
    return come.length === HTTP2_PREFACE.length ? 'preface' : 'incomplete';
  }
  if (bytes[0] !== TLS_HANDSHAKE_RECORD) return 'neither';
  if (bytes.length < RECORD_HEADER_BYTES) return 'incomplete';
  const length = bytes.readUInt16BE(3);
  if (length > MOST_RECORD_BYTES) return 'neither';
  return bytes.length >= RECORD_HEADER_BYTES + length ? 'hello' : 'incomplete';
}

import { BanyanError } from '#errors';

/** Length of every X25519 key, bytes (RFC 7748 section 5). */
const KEY_BYTES = 32;

const CANONICAL = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/**
 * Decodes standard padded base64 of exactly 32 bytes. One byte string has one accepted text: a revocation
 * by one encoding must not leave another encoding of the same key admitted.
 *
 * @throws BanyanError `invalid`; the message never repeats the input, which may be a private key.
 */
export function decodeKey(text: string, what: string): Uint8Array {
  if (!CANONICAL.test(text)) {
    throw new BanyanError('invalid', `${what} is not a WireGuard key: ${fault(text)}`, {
      remedy: `A key is ${KEY_BYTES} bytes in base64: 44 characters, the last one "=", as \`wg genkey\` and \`wg pubkey\` print it.`,
    });
  }
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function fault(text: string): string {
  if (text.length === 0) return 'it is empty';
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return 'it has characters that are not base64';
  const bytes = Buffer.from(text, 'base64').length;
  if (bytes !== KEY_BYTES) return `it decodes to ${bytes} bytes, not ${KEY_BYTES}`;
  return 'its base64 is not in canonical form';
}

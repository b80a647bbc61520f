import type { PublicKey } from '#crypto';

/**
 * Whether a key is the one encoding of its u-coordinate: bit 255 clear and below p = 2^255 - 19.
 *
 * X25519 ignores that bit and reduces modulo p (RFC 7748 section 5), so a holder of one private key could prove
 * a second public key that differs in these bytes: another name, another tunnel address, and still there when
 * the first is revoked. `wg pubkey` never prints such a key.
 */
export function isCanonicalPoint({ bytes }: PublicKey): boolean {
  const top = bytes[31]!;
  if (top !== 0x7f) return top < 0x7f;
  return bytes[0]! < 0xed || bytes.subarray(1, 31).some((byte) => byte !== 0xff);
}

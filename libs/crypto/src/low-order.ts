/**
 * The u-coordinates whose product with any clamped scalar is zero: orders 1, 2, 4 and 8 on curve25519 and
 * its twist, with the two that also have a non-canonical encoding. Little-endian, top bit clear.
 *
 * A table, because multiplying to find out costs over a millisecond, and whitelists and WireGuard's own
 * peer lists are parsed by the thousand.
 *
 * Source: RFC 7748 section 6.1; the same table is in libsodium (`has_small_order`, x25519_ref10.c).
 */
const LOW_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** Whether everybody agrees on the same shared secret with this X25519 public key (32 bytes). */
export function isLowOrder(publicKey: Uint8Array): boolean {
  const masked = Buffer.from(publicKey);
  // X25519 ignores the top bit (RFC 7748 section 5, decodeUCoordinate), so each point has two encodings.
  masked[31]! &= 0x7f;
  return LOW_ORDER.has(masked.toString('hex'));
}

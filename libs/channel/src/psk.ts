/**
 * TLS parameters both ends share. An external PSK is bound to SHA-256 (RFC 8446, section 4.2.11), so only
 * suites with that hash can carry it.
 */
export const PSK_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256';

/** The key exchange on top of the PSK gives forward secrecy; the hybrid group also against a later quantum computer. */
export const PSK_GROUPS = 'X25519MLKEM768:X25519';

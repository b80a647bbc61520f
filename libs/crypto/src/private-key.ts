import { createPrivateKey, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { x25519 } from '@noble/curves/ed25519.js';
import { BanyanError } from '#errors';
import { decodeKey } from './base64-key.js';
import { PublicKey } from './public-key.js';

const REDACTED = '[private key]';

/** An X25519 private key that does not print: only {@link PrivateKey.reveal} gives its text. */
export class PrivateKey {
  readonly #bytes: Uint8Array;
  #publicKey: PublicKey | undefined;
  #keyObject: KeyObject | undefined;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static generate(): PrivateKey {
    return new PrivateKey(clamp(x25519.utils.randomSecretKey()));
  }

  /** @throws BanyanError `invalid`, without the text of the key. */
  static parse(text: string, what = 'The private key'): PrivateKey {
    const bytes = decodeKey(text, what);
    // All zeros clamps to a valid scalar that everybody knows; it is only ever a placeholder or a fault.
    if (bytes.every((byte) => byte === 0)) {
      throw new BanyanError('invalid', `${what} is all zeros`, {
        remedy: 'Generate a new key pair with `init`.',
      });
    }
    return new PrivateKey(clamp(bytes));
  }

  get publicKey(): PublicKey {
    this.#publicKey ??= PublicKey.fromBytes(x25519.getPublicKey(this.#bytes));
    return this.#publicKey;
  }

  /** Base64 of the key, for the two places that need it: the config file and WireGuard's standard input. */
  reveal(): string {
    return Buffer.from(this.#bytes).toString('base64');
  }

  /** The key for Node's own X25519, made once. */
  toKeyObject(): KeyObject {
    this.#keyObject ??= createPrivateKey({
      key: {
        kty: 'OKP',
        crv: 'X25519',
        d: Buffer.from(this.#bytes).toString('base64url'),
        x: Buffer.from(this.publicKey.bytes).toString('base64url'),
      },
      format: 'jwk',
    });
    return this.#keyObject;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** RFC 7748 section 5, "decodeScalar25519"; `wg genkey` stores keys so. */
function clamp(bytes: Uint8Array): Uint8Array {
  const clamped = Uint8Array.from(bytes);
  clamped[0]! &= 248;
  clamped[31]! = (clamped[31]! & 127) | 64;
  return clamped;
}

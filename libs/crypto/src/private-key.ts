import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { BanyanError } from '#errors';
import { decodeKey } from './base64-key.js';
import { PublicKey } from './public-key.js';

/** What comes before the 32 bytes of an X25519 key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

const REDACTED = '[private key]';

/** An X25519 private key that does not print: only {@link PrivateKey.reveal} gives its text. */
export class PrivateKey {
  readonly #bytes: Uint8Array;
  #publicKey: PublicKey | undefined;
  #keyObject: KeyObject | undefined;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
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
    if (!this.#publicKey) {
      const { x } = createPublicKey(this.toKeyObject()).export({ format: 'jwk' });
      this.#publicKey = PublicKey.fromBytes(Buffer.from(x!, 'base64url'));
    }
    return this.#publicKey;
  }

  /** Base64 of the key, for the two places that need it: the config file and WireGuard's standard input. */
  reveal(): string {
    return Buffer.from(this.#bytes).toString('base64');
  }

  /** The key for Node's own X25519, made once. */
  toKeyObject(): KeyObject {
    // PKCS #8 needs no public key beside the private one, as JWK does.
    this.#keyObject ??= createPrivateKey({
      key: Buffer.concat([PKCS8_PREFIX, this.#bytes]),
      format: 'der',
      type: 'pkcs8',
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
  clamped[31] = (clamped[31]! & 127) | 64;
  return clamped;
}

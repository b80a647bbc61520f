import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { BanyanError } from '#errors';
import { decodeKey } from './base64-key.js';
import { isLowOrder } from './low-order.js';

/** An X25519 public key that is safe to use: 32 bytes, canonical, not of low order. */
export class PublicKey {
  #fingerprint: string | undefined;

  private constructor(
    readonly bytes: Uint8Array,
    /** Standard padded base64, 44 characters; the one text form of this key. */
    readonly text: string,
  ) {}

  /** @throws BanyanError `invalid` for anything that is not a usable key in canonical base64. */
  static parse(text: string, what = 'The public key'): PublicKey {
    const bytes = decodeKey(text, what);
    if (isLowOrder(bytes)) {
      throw new BanyanError(
        'invalid',
        `${what} is not usable: it is a point of low order, which anybody can agree on`,
        {
          remedy: 'Generate a new key pair with `init`.',
        },
      );
    }
    return new PublicKey(bytes, text);
  }

  /** As {@link parse}, without the reason: undefined when `text` is no usable key. */
  static tryParse(text: string): PublicKey | undefined {
    try {
      return PublicKey.parse(text);
    } catch {
      return undefined;
    }
  }

  static fromBytes(bytes: Uint8Array): PublicKey {
    return PublicKey.parse(Buffer.from(bytes).toString('base64'));
  }

  /** `SHA256:` and the unpadded base64 of SHA-256 over the 32 bytes, the form OpenSSH prints. */
  get fingerprint(): string {
    this.#fingerprint ??=
      'SHA256:' + createHash('sha256').update(this.bytes).digest('base64').replace(/=+$/, '');
    return this.#fingerprint;
  }

  equals(other: PublicKey): boolean {
    return this.text === other.text;
  }

  /** The key for Node's own X25519, made anew: it takes 1 KiB, and what is derived from it is kept instead. */
  toKeyObject(): KeyObject {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(this.bytes).toString('base64url') },
      format: 'jwk',
    });
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

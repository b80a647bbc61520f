import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Connection } from '#channel';
import { rotationProof, type PrivateKey } from '#crypto';
import { BanyanError } from '#errors';
import type { ClientRotation } from '#whitelist';

/** How long a component has for its proof, milliseconds. */
const OPEN_MS = 30_000;

interface Opening {
  readonly rotation: ClientRotation;
  readonly nonce: Buffer;
  /** The proof must come by the connection that asked. */
  readonly connection: Connection;
  /** On the monotonic clock. */
  readonly until: number;
}

/** Rotations that were asked for and are not proven yet: one for each client, so there are never more than those. */
export class Openings {
  readonly #byName = new Map<string, Opening>();

  /** Takes the place of an earlier one of this client. @returns the nonce. */
  open(rotation: ClientRotation, connection: Connection): Buffer {
    const now = performance.now();
    for (const [name, { until }] of this.#byName) if (until < now) this.#byName.delete(name);
    const nonce = randomBytes(32);
    this.#byName.set(rotation.name, { rotation, nonce, connection, until: now + OPEN_MS });
    return nonce;
  }

  /**
   * Closes the opening of this client, whatever comes of it: a nonce is good for one attempt.
   *
   * @param own the engine's key.
   * @throws BanyanError `forbidden` unless the proof is that of the new key. Not `unauthenticated`, from which an
   *   agent would conclude that it is revoked.
   */
  prove(
    name: string,
    connection: Connection,
    { nonce, proof }: { readonly nonce: Uint8Array; readonly proof: Uint8Array },
    own: PrivateKey,
  ): ClientRotation {
    const opening = this.#byName.get(name);
    if (opening?.connection !== connection || opening.until < performance.now()) {
      throw new BanyanError('forbidden', 'no rotation was begun on this connection in the last 30 s', {
        remedy: 'Begin it again.',
      });
    }
    this.#byName.delete(name);
    const { rotation } = opening;
    const statement = { ...rotation, nonce: opening.nonce, engine: own.publicKey };
    if (isSame(nonce, opening.nonce) && isSame(proof, rotationProof(own, statement))) return rotation;
    throw new BanyanError('forbidden', 'the new key was not proven', { remedy: 'Begin the rotation again.' });
  }
}

function isSame(given: Uint8Array, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

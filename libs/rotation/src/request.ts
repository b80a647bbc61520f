import { callUnary, type EngineConnection } from '#channel';
import { rotationProof, type PrivateKey } from '#crypto';
import { BanyanError, codeOf } from '#errors';

const CALL_TIMEOUT_MS = 10_000;
/** The engine waits for agents, one rotation after another. */
const CONFIRM_TIMEOUT_MS = 60_000;

/** What the engine made of the wish for another key. */
export type Requested =
  /** The new key is in force, and the old one is not. */
  | {
      readonly kind: 'in force';
      readonly name: string;
      /** Agents whose hosts changed over at the same moment, and those that follow when they return. */
      readonly moved: readonly string[];
      readonly offline: readonly string[];
      readonly finishWithinMs: number;
    }
  /** An administrator has to do it. */
  | { readonly kind: 'denied'; readonly name: string };

/**
 * Asks the engine, over a connection that has proven the key in force, to put `to` in its place.
 *
 * @throws BanyanError `conflict` when nobody may have `to`; `forbidden` when somebody else has decided about the key in
 *   force; `unavailable` when nothing was changed, or when the answer did not come and either key may be in force.
 */
export async function requestRotation(connection: EngineConnection, to: PrivateKey): Promise<Requested> {
  const { rotation, engineKey: engine, ownKey: from } = connection;
  const metadata = connection.metadata();
  const request = { newPublicKey: to.publicKey.text };
  const begun = await callUnary(rotation, 'beginRotation', request, metadata, CALL_TIMEOUT_MS).catch(explain);
  const { name, nonce, denied } = begun;
  if (denied) return { kind: 'denied', name };
  const proof = rotationProof(to, { nonce, name, from, to: to.publicKey, engine });
  const answer = await callUnary(rotation, 'confirmRotation', { nonce, proof }, metadata, CONFIRM_TIMEOUT_MS);
  return { kind: 'in force', name, ...answer };
}

/**
 * Tells the engine, over a connection that has proven the new key, that it works.
 * @returns the caller's name; empty from an engine that knows of no rotations, and so puts nothing back.
 * @throws BanyanError `conflict` when the engine is putting the old one back; `unauthenticated` when it does not admit
 *   the new one.
 */
export async function finishRotation(connection: EngineConnection): Promise<string> {
  const metadata = connection.metadata();
  try {
    return (await callUnary(connection.rotation, 'finishRotation', {}, metadata, CALL_TIMEOUT_MS)).name;
  } catch (error) {
    if (isUnknownCall(error)) return '';
    throw error;
  }
}

function explain(error: unknown): never {
  if (!isUnknownCall(error)) throw error;
  throw new BanyanError('unavailable', 'this engine knows of no rotation', {
    remedy: 'Upgrade banyan-engine first, or run `init` again and have the new key added with --replace.',
    cause: error,
  });
}

/** UNIMPLEMENTED (12). */
function isUnknownCall(error: unknown): boolean {
  const cause: unknown = error instanceof BanyanError ? error.cause : undefined;
  return (
    typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 12 && !codeOf(error)
  );
}

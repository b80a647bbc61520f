/**
 * Metadata of an answer on a connection that was proven by the engine's previous key: the public key, base64, that
 * it has now. Worth something there and nowhere else: see `client/succession.ts`.
 */
export const ENGINE_KEY_HEADER = 'x-banyan-engine-key';

/**
 * The wire contract as TypeScript: what `scripts/generate` makes of `proto/`. Nothing is written by hand
 * here but the header's name and the protocol version.
 */
export * from './gen/banyan/v1/engine.js';

/** Metadata key that carries the caller's public key, base64 (spec, "Runtime flow"). */
export const PUBLIC_KEY_HEADER = 'x-banyan-public-key';

/** Sent in Register and Sync; an engine supports this version and the one before it. */
export const PROTOCOL_VERSION = 1;

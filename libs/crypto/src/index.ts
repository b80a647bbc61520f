/**
 * Keys and what follows from them: pure, no I/O, no import of other Banyan code but errors.
 * Not here: making keys (`generate.ts`, a door of its own), who is admitted (`#whitelist`), how a channel uses its secret (`#channel`).
 */
export { PrivateKey } from './private-key.js';
export { PublicKey } from './public-key.js';
export {
  ENGINE_TUNNEL_ADDRESS,
  TUNNEL_NETWORK,
  tunnelAddress,
  type TunnelAddress,
} from './tunnel-address.js';
export { channelSecret, type ChannelEnds } from './channel-secret.js';
export { rotationProof, type RotationStatement } from './rotation-proof.js';

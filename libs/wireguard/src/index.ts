/**
 * WireGuard interfaces: what one should be, what it is, the plan between the two, and carrying it out.
 * Knows interfaces, peers, addresses and routes, and how `ip` prints and takes them. Not here: who the peers are and where they are (`#tunnel`),
 * firewall rules (`#firewall`), preshared keys and marks, which Banyan does not use.
 *
 * Read device.ts first, then plan.ts; `system/` is the adapter, `testing/` a strict stand-in for it.
 */
export type * from './device.js';
export { describeChange, type NameOf } from './describe-change.js';
export { addressOf, canonicalEndpoint } from './endpoint.js';
export { HandshakeAges, SESSION_MS } from './handshake-ages.js';
export { parseInterfaceName } from './interface-name.js';
export { listOf, objectOf, parseIpJson, type JsonObject } from './parse/ip-json.js';
export { unreadableOutput } from './parse/unreadable-output.js';
export { plan } from './plan.js';
export { planPeerRemovals } from './plan-peers.js';
export { canonicalAddress, canonicalNetwork } from './prefix.js';
export { ROUTE_PROTOCOL, type BatchFailure } from './system/ip-batch.js';
export { runIpBatch } from './system/run-ip-batch.js';
export { systemDevices, type SystemDevicesOptions } from './system/system-devices.js';

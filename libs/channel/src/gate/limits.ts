import type { ClientLimits } from './accounts.js';
import type { StrangerBounds } from './strangers.js';
import type { Rate } from './token-bucket.js';

/** The limits an operator sets; see docs/configuration.md. */
export interface GateLimits {
  /** Connections of unknown callers: of all, and of one address. */
  readonly unknownConnections: number;
  readonly unknownPerAddress: number;
  /** Of one admitted key: open connections, open calls, calls a second. */
  readonly connectionsPerClient: number;
  readonly callsPerClient: number;
  readonly callRatePerClient: number;
}

/** The defaults of the configuration, for whoever has none. */
export const DEFAULT_LIMITS: GateLimits = {
  unknownConnections: 4_096,
  unknownPerAddress: 64,
  connectionsPerClient: 16,
  callsPerClient: 64,
  callRatePerClient: 200,
};

/** More than our components send before the engine has answered them, by far. */
const STRANGER_BYTES = 64 * 1024;
/**
 * Time a caller has from its connection until a call of it is admitted: handshake, preface, what else it thinks of. No
 * less for the silent ones: one that is held costs 3 KB, and one that is closed comes back, which costs 0.1 ms.
 */
const STRANGER_LIFE_MS = 10_000;

export function strangerBounds(limits: GateLimits): StrangerBounds {
  return {
    total: limits.unknownConnections,
    perSource: limits.unknownPerAddress,
    bytes: STRANGER_BYTES,
    lifeMs: STRANGER_LIFE_MS,
  };
}

export function clientLimits(limits: GateLimits): ClientLimits {
  return {
    connections: limits.connectionsPerClient,
    calls: limits.callsPerClient,
    callsPerSecond: limits.callRatePerClient,
  };
}

/**
 * What costs the engine a key exchange or an HTTP/2 session, some 0.7 ms, for somebody who is not admitted: of one
 * address, and of all, which is a tenth of a core.
 */
export const INTRODUCTIONS: { readonly each: Rate; readonly all: Rate } = {
  each: { perSecond: 10, burst: 64 },
  all: { perSecond: 100, burst: 200 },
};

/** Calls that are only refused, or `Health`: 0.1 ms. */
export const STRANGER_CALLS: { readonly each: Rate; readonly all: Rate } = {
  each: { perSecond: 20, burst: 100 },
  all: { perSecond: 500, burst: 1_000 },
};

/**
 * How two components talk: the engine's gate, and the client's path to it (tunnel, else direct).
 * Who is admitted and what a call means is not here.
 */
export { Gate, type GateOptions } from './gate/gate.js';
export { DEFAULT_LIMITS, type GateLimits } from './gate/limits.js';
export type { Judge, Limited } from './gate/doorkeeper.js';
export type { EngineKeys } from './gate/psk-server.js';
export { listenPrivately, refuseLiveSocket, refuseTakenPort } from './gate/listen.js';
export { CallContext, type EndedCall } from './gate/call-context.js';
export type { Connection } from './gate/connection.js';
export { isLoopback, type Path } from './path.js';
export { openEngine, tunnelAnswers, type EngineSettings, type TunnelPath } from './client/open-engine.js';
export { EngineConnection, type ReachedEngine, type TunnelReport } from './client/engine-connection.js';
export { learnEngineKey, type SaveEngineKey } from './client/succession.js';
export { PskCredentials } from './client/psk-credentials.js';
export { fromStatus, toStatus } from './status-error.js';
export { isForNoAnswer, NoAnswer } from './client/no-answer.js';
export { callUnary } from './client/unary.js';
export { MAX_MESSAGE_BYTES } from './client/dial.js';

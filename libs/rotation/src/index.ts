/**
 * How a component gets another key without a moment in which it has none: the spare key it keeps beside the one in
 * its config, what it asks of the engine, and the change of the config at the end.
 * Not here: what the engine makes of it (`apps/engine/src/rotation`), and how an agent's network changes over
 * (`apps/agent/src/rotation`).
 */
export { SpareKey, type Spare } from './spare-key.js';
export { finishRotation, requestRotation, type Requested } from './request.js';
export { askForKey, type Asked } from './ask-for-key.js';
export { settle } from './settle.js';
export { rotateHere, type RotationReport } from './rotate-here.js';

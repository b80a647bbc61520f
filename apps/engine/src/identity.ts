import type { Observable } from 'rxjs';
import type { PublicKey } from '#crypto';

/** Injection token of the running engine's {@link EngineIdentity}. */
export const ENGINE = Symbol('engine');

/** What this engine is, for those who are asked. */
export interface EngineIdentity {
  /** As it is now: a rotation changes it. */
  readonly publicKey: PublicKey;
  readonly version: string;
  readonly startedAtMs: number;
  /** Emits once, when streams should end because the engine stops. */
  readonly draining: Observable<void>;
}

import { BanyanError, messageOf } from '#errors';
import type { Ensured } from '#firewall';

/** What a component may count on. Being down is no error: there is direct TCP. */
export interface TunnelState {
  readonly up: boolean;
  /** How it is up, or why it is not. */
  readonly detail: string;
  /** What to do about `detail`. */
  readonly remedy?: string;
  /**
   * Whether the firewall rules of the tunnel are in place. Without them an address of the tunnel proves
   * nothing: what is plain and identified by its header alone must be refused.
   */
  readonly guarded: boolean;
}

export const NOT_STARTED: TunnelState = { up: false, detail: 'not started', guarded: false };
export const TAKEN_DOWN: TunnelState = { up: false, detail: 'taken down', guarded: false };

export function down(cause: unknown): TunnelState {
  return { up: false, detail: messageOf(cause), guarded: false, ...remedyOf(cause) };
}

/** @param guard what became of the firewall rules. */
export function engineUp(listenPort: number, guard: Ensured | BanyanError): TunnelState {
  const detail = `listening on UDP port ${listenPort}`;
  if (typeof guard === 'string') return { up: true, detail, guarded: true };
  const unguarded = `${detail}, without firewall rules: ${guard.message}`;
  return { up: true, detail: unguarded, guarded: false, ...remedyOf(guard) };
}

/** For a log line. */
export function sentence({ detail, remedy }: TunnelState): string {
  return remedy === undefined ? detail : `${detail}. Try: ${remedy}`;
}

function remedyOf(cause: unknown): { remedy?: string } {
  const remedy = cause instanceof BanyanError ? cause.remedy : undefined;
  return remedy === undefined ? {} : { remedy };
}

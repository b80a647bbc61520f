/**
 * The one error type that reaches people: what happened, and what to do next.
 *
 * Exit codes are chosen by the programs (`apps/cli`), gRPC statuses by the engine's exception filter; a
 * `kind` is what both decide on. Messages and remedies never contain private keys.
 */
export type ErrorKind =
  /** The input is wrong: a flag, a field of the config, a request. */
  | 'invalid'
  /** It clashes with something that exists. */
  | 'conflict'
  | 'not-found'
  /** No identity, or none that is admitted. */
  | 'unauthenticated'
  /** Admitted, but not for this. */
  | 'forbidden'
  /** Something needed does not answer; trying again may help. */
  | 'unavailable'
  /** The host lacks something: a tool, a privilege, disk space. */
  | 'host'
  | 'exhausted';

export interface ErrorDetail {
  /** What to do next, as a full sentence or a command line. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

export class BanyanError extends Error {
  override readonly name = 'BanyanError';
  readonly remedy: string | undefined;

  constructor(
    readonly kind: ErrorKind,
    /** What happened and why, in one sentence. */
    message: string,
    detail: ErrorDetail = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.remedy = detail.remedy;
  }
}

/** Anything thrown as one of ours; what is none becomes one of this kind. */
export function asBanyanError(thrown: unknown, kind: ErrorKind = 'host'): BanyanError {
  return thrown instanceof BanyanError ? thrown : new BanyanError(kind, messageOf(thrown), { cause: thrown });
}

/** What happened and what to do, as one line of a log. */
export function complaint({ message, remedy }: BanyanError): string {
  return remedy === undefined ? message : `${message}. Try: ${remedy}`;
}

/** The message of anything thrown, for a log line or a wrapped error. */
export function messageOf(error: unknown): string {
  return hasText(error, 'message') ? error.message : String(error);
}

/** The `code` of a Node system error (`ENOENT`, `EADDRINUSE`, …), if it has one. */
export function codeOf(error: unknown): string | undefined {
  return hasText(error, 'code') ? error.code : undefined;
}

/** By shape, not `instanceof`: an error of another realm (a vm context, as tests run in) is an error too. */
function hasText<K extends string>(value: unknown, property: K): value is Record<K, string> {
  return (
    typeof value === 'object' && value !== null && typeof (value as Record<K, unknown>)[property] === 'string'
  );
}

export { TERMINAL_ORDERS } from './terminal-orders.js';

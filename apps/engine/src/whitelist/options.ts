import type { PublicKey } from '#crypto';
import type { Clock } from '#whitelist';

/** Injection token of {@link WhitelistOptions}. */
export const WHITELIST_OPTIONS = Symbol('whitelist options');

export interface WhitelistOptions {
  /** The directory of `.pub` files. */
  readonly directory: string;
  /** Where the engine keeps the record of first admissions. */
  readonly stateDir: string;
  /** The engine's own public keys, present and former; files that hold one of them admit nobody by it. Looked at anew each time. */
  readonly ownKeys: readonly PublicKey[];
  readonly timing?: WhitelistTiming;
  /** Of the host, when absent. */
  readonly clock?: Clock;
}

/** Milliseconds. */
export interface WhitelistTiming {
  /** Between two readings when nothing is heard from the watch, which may have gone deaf. */
  readonly rescan: number;
  /** How long the directory must be quiet before it is read: a copy or a removal is many events. */
  readonly quiet: number;
  /** The longest that events without end put off a reading. */
  readonly patience: number;
  /** How long an admitted file that turned bad keeps its key: a shell's `>` truncates first. */
  readonly grace: number;
}

export const TIMING: WhitelistTiming = { rescan: 2500, quiet: 40, patience: 250, grace: 2000 };

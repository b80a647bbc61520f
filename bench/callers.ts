import { Part } from './part.js';
import type { RunningServer } from './servers.js';

export type Address = RunningServer['address'];

/** Within what one client may. */
export const PACE_MS = 10;

/** Callers are told apart by the port of their server. */
export type CallerQuestions = {
  /** As many key pairs, none of which share a tunnel address. @returns the public keys. */
  makeKeys: (count: number) => readonly string[];
  /** The callers with keys `from` to before `to` connect and register. */
  connect: (group: { address: Address; from: number; to: number }) => Promise<void>;
  /** Every caller opens Sync and has been welcomed. */
  openStreams: (group: { port: number }) => Promise<void>;
  /** Every caller sends one Heartbeat after the other, for `ms` milliseconds. */
  call: (group: { port: number; ms: number }) => Promise<{ calls: number; seconds: number }>;
  /** The first caller sends a Heartbeat every {@link PACE_MS}. @returns how long each took, milliseconds. */
  pace: (group: { port: number; ms: number }) => Promise<readonly number[]>;
  hangUp: (group: { port: number }) => void;
};

export const startCallers = (): Part<CallerQuestions> => Part.start<CallerQuestions>('caller');

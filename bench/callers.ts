import { Part } from './part.js';
import type { RunningServer } from './servers.js';

export type Address = RunningServer['address'];

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
  hangUp: (group: { port: number }) => void;
};

export const startCallers = (): Part<CallerQuestions> => Part.start<CallerQuestions>('caller');

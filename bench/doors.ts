import { Part } from './part.js';
import type { Certificate } from './servers.js';

/** Two doors side by side in a process of their own, through which nothing is served: what a handshake costs. */
export type DoorQuestions = {
  /** Opens the engine's gate for these admitted keys. @returns where, and the engine's key. */
  gate: (keyTexts: readonly string[]) => Promise<{ port: number; key: string }>;
  /** Opens a plain TLS 1.3 server with this certificate. @returns its port. */
  certificate: (certificate: Certificate) => Promise<number>;
  /** Processor time used since the start. */
  cpuMicroseconds: (_: null) => number;
};

/** Who makes one connection after the other, several at a time, and closes each as soon as the handshake is done. */
export type KnockQuestions = {
  /** @returns the public keys. */
  makeKeys: (count: number) => readonly string[];
  /** @returns how many handshakes were completed in which time. */
  knock: (at: {
    port: number;
    /** The engine's key; or the certificate to trust, PEM. */
    trusted: { key: string } | { cert: string };
    ms: number;
  }) => Promise<{ handshakes: number; seconds: number }>;
};

export const startDoors = (): Part<DoorQuestions> => Part.start<DoorQuestions>('door');
export const startKnocker = (): Part<KnockQuestions> => Part.start<KnockQuestions>('knocker');

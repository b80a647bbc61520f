import { Part } from './part.js';
import type { RunningServer } from './servers.js';

/** A process full of connections without an admitted key, each of which comes back when it is closed. */
export type AttackQuestions = {
  /**
   * Holds as many connections open, from as many loopback addresses: silent ones, half a TLS hello, half an HTTP/2
   * preface in equal parts, and one in ten a key that is proven and not admitted.
   */
  attack: (on: {
    address: Pick<RunningServer['address'], 'port' | 'key'>;
    connections: number;
    addresses: number;
  }) => void;
  /** How many are open now, and how often one was closed since this was asked last. */
  held: (_: null) => { open: number; closed: number };
  /** Ends them all, and waits until they are. */
  retreat: (_: null) => Promise<void>;
};

export const startAttackers = (): Part<AttackQuestions> => Part.start<AttackQuestions>('attacker');

import { Part } from './part.js';
import type { RunningServer } from './servers.js';

export type Address = RunningServer['address'];

export type CrowdQuestions = {
  /** As many key pairs, none of which share a tunnel address. @returns the public keys. */
  makeKeys: (count: number) => readonly string[];
  /**
   * The agents with keys `from` to before `to` join, all at once.
   * @returns milliseconds until every agent there is knows every other.
   */
  joinTogether: (group: { address: Address; from: number; to: number }) => Promise<number>;
  /**
   * One more agent joins.
   * @returns milliseconds until the engine has the acknowledgement of every agent there is.
   */
  joinAlone: (one: { address: Address; index: number }) => Promise<number>;
  /**
   * Waits until the agent with the last of the keys there are is no peer of any other, and the engine has their word.
   * @returns when, and when its own stream ended, milliseconds since the epoch.
   */
  revocation: (one: { index: number }) => Promise<{ acknowledgedAt: number; closedAt: number }>;
  /**
   * An operator asks for the status of the network, and for its links, so many times; all links but one are up.
   * @returns milliseconds until the answers are there, with what this process takes to be the agents; bytes of links.
   */
  watch: (times: number) => Promise<{ statuses: number[]; links: number[]; bytes: number }>;
  hangUp: (_: null) => void;
};

export const startCrowd = (): Part<CrowdQuestions> => Part.start<CrowdQuestions>('crowd');

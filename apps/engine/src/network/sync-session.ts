import { log } from '#log';
import type { SyncRequest } from '#protocol';
import type { Agent, Presence } from '../registry/agent.js';
import type { NetworkService } from './network.service.js';
import type { NetworkStream, Outlet } from './network-stream.js';

/** One open Sync stream after its hello: the agent is present, is sent the network, and says what it made of it. */
export class SyncSession {
  readonly #stream: NetworkStream;

  /** @param presence is closed with the session. */
  constructor(
    private readonly network: NetworkService,
    readonly agent: Agent,
    private readonly presence: Presence,
    out: Outlet,
  ) {
    this.#stream = network.open(agent, out);
  }

  /** There is room on the way out again. */
  drained(): void {
    this.#stream.flush();
  }

  received({ message }: SyncRequest): void {
    const report = this.network.reportOf(this.agent.id);
    switch (message?.$case) {
      case 'ack':
        if (!report.acknowledged(message.value, this.#stream.sent)) this.#warn(message.value.revision);
        return this.network.acknowledged.next(this.agent.id);
      case 'linkCount':
        return report.counted(message.value);
      case 'links':
        return report.reported(message.value, (key) => this.network.feed.has(key));
      case 'keyMoveReady':
        return this.network.readyToMove.next({ agentId: this.agent.id, ready: message.value });
      // Said once, at the beginning; and what a newer agent may say.
      case 'hello':
      case undefined:
    }
  }

  close(): void {
    this.network.close(this.#stream);
    this.presence.close();
  }

  #warn(revision: number): void {
    const { name } = this.agent;
    log.say('agent.disbelieved', `acknowledges revision ${revision}, which it was not sent`, { name });
  }
}

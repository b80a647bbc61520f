import { log } from '#log';
import type { LinkCount, SyncAck, SyncRequest } from '#protocol';
import type { Agent, Presence } from '../registry/agent.js';
import type { NetworkService } from './network.service.js';
import type { NetworkStream, Outlet } from './network-stream.js';
import { asciiText } from './network-report.js';
import { OwedAnswers } from './owed-answers.js';

/** One open Sync stream after its hello: the agent is present, is sent the network, and says what it made of it. */
export class SyncSession {
  readonly #stream: NetworkStream;
  readonly #owed = new OwedAnswers();
  #counted: LinkCount | undefined;

  /** @param presence is closed with the session. */
  constructor(
    private readonly network: NetworkService,
    readonly agent: Agent,
    private readonly presence: Presence,
    out: Outlet,
  ) {
    this.#stream = network.open(agent, {
      get full() {
        return out.full;
      },
      write: (response) => {
        this.#owed.told(response);
        out.write(response);
      },
    });
  }

  /** There is room on the way out again. */
  drained(): void {
    this.#stream.flush();
  }

  /** Whether the engine has asked for this: then it is not the agent's doing. */
  isAnswer(request: SyncRequest): boolean {
    return this.#owed.settles(request);
  }

  received({ message }: SyncRequest): void {
    const report = this.network.reportOf(this.agent.id);
    switch (message?.$case) {
      case 'ack':
        if (report.acknowledged(message.value, this.#stream.sent)) this.#note(message.value);
        else this.#warn(message.value.revision);
        return this.network.acknowledged.next(this.agent.id);
      case 'linkCount':
        report.counted(message.value);
        this.network.linksCounted.next({ name: this.agent.name, before: this.#counted, now: report.count });
        this.#counted = report.count;
        return;
      case 'links':
        return this.network.linksReported.next({
          agentId: this.agent.id,
          report: report.reported(message.value, (key) => this.network.feed.has(key)),
        });
      case 'keyMoveReady':
        return this.network.readyToMove.next({ agentId: this.agent.id, ready: message.value });
      case 'keyMoveUnready': {
        const { move, why } = message.value;
        return this.network.unreadyToMove.next({
          agentId: this.agent.id,
          unready: { move, why: asciiText(why) },
        });
      }
      case 'pong':
        return this.network.pongs.next({ agentId: this.agent.id, pong: message.value });
      // Said once, at the beginning; and what a newer agent may say.
      case 'hello':
      case undefined:
    }
  }

  close(): void {
    this.network.close(this.#stream);
    this.presence.close();
  }

  #note({ revision, refused, held }: SyncAck): void {
    if (!log.says('debug')) return;
    const but = refused === '' ? (held ? ', and holds a newer one' : '') : ', and refuses a newer one';
    log.say('sync.acknowledged', `has become revision ${revision}${but}`, {
      name: this.agent.name,
      revision,
    });
  }

  #warn(revision: number): void {
    const { name } = this.agent;
    log.say('agent.disbelieved', `acknowledges revision ${revision}, which it was not sent`, { name });
  }
}

import { Injectable } from '@nestjs/common';
import type { EngineConnection } from '#channel';
import type { Ping, SyncResponse } from '#protocol';
import { KeyMover } from '../rotation/key-mover.js';
import type { Session } from '../session.js';
import { foremostLinks } from './foremost-links.js';
import { LinkObserver, type ObservedLink } from './link-observer.js';
import { NetworkFollower } from './network-follower.js';

/** Carries the network from a session to the follower, and what became of it back. */
@Injectable()
export class NetworkSession {
  constructor(
    private readonly follower: NetworkFollower,
    private readonly observer: LinkObserver,
    private readonly mover: KeyMover,
  ) {}

  /** @returns ends it. */
  open(engine: EngineConnection, session: Pick<Session, 'out' | 'read'>): () => void {
    const { out } = session;
    this.follower.opened(engine, (ack) => out.put({ $case: 'ack', value: ack }));
    let counted = '';
    const count = (): void => {
      const value = this.observer.count;
      const text = `${value.up} ${value.wanted}`;
      if (text !== counted) out.put({ $case: 'linkCount', value });
      counted = text;
    };
    count();
    const looks = this.observer.looks.subscribe(count);
    session.read((message) => {
      if (message?.$case === 'engineKey') engine.renewal(message.value.publicKey);
      else this.#received(message, out);
    });
    return () => {
      looks.unsubscribe();
      this.follower.closed();
    };
  }

  /** @throws BanyanError for what cannot be followed. */
  #received(message: SyncResponse['message'], out: Session['out']): void {
    switch (message?.$case) {
      case 'snapshot':
        return this.follower.replaced(message.value);
      case 'delta':
        return this.follower.changed(message.value);
      case 'linkReportRequest':
        void this.#report(message.value.most, out);
        return;
      case 'ping':
        void this.#answer(message.value, out);
        return;
      case 'keyMove':
        return this.mover.prepare(message.value, (answer) => out.put(answer));
      case 'keyMoveOrder':
        return this.mover.order(message.value);
      // What a newer engine may say.
      case 'welcome':
      case 'engineKey':
      case undefined:
    }
  }

  async #report(most: number, out: Session['out']): Promise<void> {
    await this.observer.look();
    const { links, growth } = this.observer;
    const chosen = most === 0 ? links : foremostLinks(links, growth, most);
    const value = { links: chosen.map(linkOf), leftOut: links.length - chosen.length };
    out.put({ $case: 'links', value });
  }

  async #answer({ id, publicKey }: Ping, out: Session['out']): Promise<void> {
    const link = publicKey === '' ? undefined : await this.observer.measure(publicKey);
    out.put({ $case: 'pong', value: { id, link: link && linkOf(link) } });
  }
}

/** Names are the engine's own; it knows them. */
function linkOf({ name: _, subnet: __, ...link }: ObservedLink): Omit<ObservedLink, 'name' | 'subnet'> {
  return link;
}

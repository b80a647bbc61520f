import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { Gate } from '#channel';
import { log } from '#log';
import { AgentRegistry } from './registry/agent-registry.js';
import { noAgentsAnyMore } from './whitelist/snapshot.js';
import { WhitelistService } from './whitelist/whitelist.service.js';

/** Carries a change of the whitelist to whoever acts on it: connections and presence. The tunnel follows by itself. */
@Injectable()
export class Revocation implements OnModuleInit, OnModuleDestroy {
  #changes: Subscription | undefined;

  constructor(
    private readonly whitelist: WhitelistService,
    private readonly gate: Gate,
    private readonly registry: AgentRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.settle(this.whitelist.snapshot.clients());
    this.#changes = this.whitelist.changes.subscribe((change) => {
      const { revoked, renamed, rotated } = change;
      for (const { name, publicKey } of revoked) {
        const closed = this.gate.destroyKey(publicKey);
        this.registry.revoked(name);
        if (closed > 0)
          log.say('client.disconnected', `closed ${closed} connections (${publicKey.fingerprint})`, { name });
      }
      // Its connections are the rotation's to end: the answer goes by one of them.
      for (const { client } of rotated) this.registry.rotated(client);
      for (const { from, to } of renamed) this.registry.renamed(from, to);
      // Its connections stay, for what it still may call.
      for (const { publicKey } of noAgentsAnyMore(change)) this.registry.left(publicKey);
    });
  }

  onModuleDestroy(): void {
    this.#changes?.unsubscribe();
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gate, type Limited } from '#channel';
import { log } from '#log';
import { WhitelistService } from '../whitelist/whitelist.service.js';

/** Tells the gate whom its limits do not hold back, and logs who met one. */
@Injectable()
export class Limits implements OnModuleInit {
  constructor(
    private readonly gate: Gate,
    private readonly whitelist: WhitelistService,
  ) {}

  onModuleInit(): void {
    this.gate.consult({
      admits: (keyText) => this.whitelist.snapshot.find(keyText) !== undefined,
      limited: (who, what) => this.note(who, what),
    });
  }

  note(who: Limited, what: string): void {
    if ('address' in who) return log.say('call.limited', `${who.address}: ${what}`, who);
    const name = this.whitelist.snapshot.find(who.key)?.name;
    log.say('call.limited', name === undefined ? `a revoked client: ${what}` : what, { name });
  }
}

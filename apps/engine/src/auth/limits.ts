import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gate, type Limited } from '#channel';
import { WhitelistService } from '../whitelist/whitelist.service.js';
import { Refusals } from './refusals.js';

/** Apart from {@link Refusals}, so that a flood of one kind does not use up the lines of the other. */
class Limitations extends Refusals {
  protected override readonly verb = 'limited';
}

/** Tells the gate whom its limits do not hold back, and logs who met one: once a minute, however often. */
@Injectable()
export class Limits implements OnModuleInit {
  readonly #log = new Limitations();

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
    const caller =
      'address' in who ? who.address : (this.whitelist.snapshot.find(who.key)?.name ?? 'a revoked client');
    this.#log.note(caller, what);
  }
}

import type { Log } from '#log';
import { describeChange, type NameOf } from '#wireguard';
import type { Settled } from './control-interface.js';
import { NOT_STARTED, sentence, type TunnelState } from './state.js';
import { INTERFACE } from './wg-control.js';

/** More than a person reads; ten thousand peers can drift at once. */
const CHANGES_SAID = 5;

/** The state of a tunnel, and what of it is said: what changed, once. */
export class Standing {
  #state = NOT_STARTED;

  constructor(
    private readonly log: Log,
    private readonly nameOf: NameOf = () => undefined,
  ) {}

  get state(): TunnelState {
    return this.#state;
  }

  /** Another tunnel begins here; that the one before is no more is nothing to say. */
  begin(): void {
    this.#state = NOT_STARTED;
  }

  enter(next: TunnelState): TunnelState {
    const before = this.#state;
    this.#state = next;
    if (next.up === before.up && next.detail === before.detail) return next;
    if (next.up) this.log.say('tunnel.up', `${INTERFACE} is up: ${sentence(next)}`);
    else this.log.say('tunnel.down', `${INTERFACE} is down: ${sentence(next)}`);
    return next;
  }

  /** Says what had to be put right. @param wasUp before this pass: only then it had drifted. */
  repaired({ changes, guard }: Settled, wasUp: boolean): void {
    if (guard === 'repaired')
      this.log.say('drift.repaired', `the firewall rules of ${INTERFACE} had been changed and were put back`);
    if (!wasUp || changes.length === 0) return;
    const said = changes
      .slice(0, CHANGES_SAID)
      .map((made) => `${describeChange(made, this.nameOf)} (${made.reason})`);
    const more = changes.length - said.length;
    this.log.say(
      'drift.repaired',
      `${INTERFACE} was put right: ${said.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    );
  }
}

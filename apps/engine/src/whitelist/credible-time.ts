import { messageOf } from '#errors';
import { log } from '#log';
import { PassedTime, openSeenTime, saveSeenTime, seenTimePath, type Clock, type Moment } from '#whitelist';

/** The time by which keys expire: {@link PassedTime}, by the clock of this host and what was seen of it before. */
export class CredibleTime {
  readonly path: string;
  #time = new PassedTime();
  #saved: Moment | undefined;
  #error: string | undefined;

  constructor(
    stateDir: string,
    private readonly clock: Clock,
  ) {
    this.path = seenTimePath(stateDir);
  }

  get passedMs(): number {
    return this.#time.passedMs;
  }

  get doubt(): string | undefined {
    return this.#time.doubt;
  }

  /** Why what was seen is not on disk, where it would outlive a restart. */
  get error(): string | undefined {
    return this.#error;
  }

  async open(): Promise<void> {
    const { mark, fault } = await openSeenTime(this.path, new Date());
    if (fault !== undefined)
      log.say('state.unreadable', `${fault}. Whatever time the clock shows now is believed.`);
    this.#time = new PassedTime(mark);
    this.#saved = mark;
  }

  look(): void {
    this.#time.look(this.clock());
  }

  /** How long until this moment has passed, milliseconds; for ever while the clock is in doubt. */
  until(timeMs: number): number {
    return this.doubt === undefined ? Math.max(0, timeMs - this.clock().timeMs) : Infinity;
  }

  /** Writes down what is new, which is seldom. A disk that is full stops nothing; it is tried again. */
  async save(): Promise<void> {
    const { mark } = this.#time;
    if (mark === undefined || mark === this.#saved) return;
    try {
      await saveSeenTime(this.path, mark);
      this.#saved = mark;
      this.#error = undefined;
    } catch (error) {
      const message = `${messageOf(error)}. Until it is written, a clock that is set back during a restart revives expired keys.`;
      log.say('state.unsaved', message);
      this.#error = message;
    }
  }
}

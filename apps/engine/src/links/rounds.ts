import { BanyanError } from '#errors';

/** A question that was answered less than this ago is not asked again, milliseconds. */
export const FRESH_MS = 500;
/** Different questions that are open at a time. */
export const QUESTIONS = 16;
/** And callers who wait for an answer. */
export const CALLERS = 256;

/** Who asks. gRPC says so when it does not wait any more. */
interface Caller {
  readonly cancelled: boolean;
}

interface Round<A> {
  readonly work: () => Promise<A>;
  readonly callers: Set<Caller>;
  readonly answer: PromiseWithResolvers<A>;
}

/**
 * One question to everybody after another, in the order asked for. Whoever asks one that is open has its answer, and who
 * asks one that was just answered has that. What nobody waits for any more is not asked.
 */
export class Rounds<A> {
  /** By question; the one that is being answered is among them. */
  readonly #open = new Map<string, Round<A>>();
  readonly #ended = new Map<string, { readonly answer: A; readonly atMs: number }>();
  #running: Round<A> | undefined;

  /** @param now milliseconds, of a clock that only goes forward. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @throws BanyanError `exhausted` when too many wait; whatever `work` throws. */
  async ask(question: string, work: () => Promise<A>, caller: Caller): Promise<A> {
    this.#forget();
    const ended = this.#ended.get(question);
    if (ended) return ended.answer;
    const waiting = [...this.#open.values()].reduce((sum, { callers }) => sum + callers.size, 0);
    let round = this.#open.get(question);
    if (waiting >= CALLERS || (!round && this.#open.size >= QUESTIONS)) {
      throw new BanyanError('exhausted', 'too many ask how the links are', {
        remedy: 'Try again in a moment.',
      });
    }
    if (!round) {
      round = { work, callers: new Set(), answer: Promise.withResolvers<A>() };
      this.#open.set(question, round);
    }
    round.callers.add(caller);
    if (!this.#running) void this.#run();
    return round.answer.promise;
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#forget();
      const [next] = this.#open;
      if (!next) return;
      const [question, round] = next;
      this.#running = round;
      try {
        const answer = await round.work();
        this.#ended.set(question, { answer, atMs: this.now() });
        round.answer.resolve(answer);
      } catch (error) {
        round.answer.reject(error);
      }
      this.#running = undefined;
      this.#open.delete(question);
    }
  }

  #forget(): void {
    for (const [question, { atMs }] of this.#ended)
      if (this.now() - atMs >= FRESH_MS) this.#ended.delete(question);
    for (const [question, round] of this.#open) {
      for (const caller of round.callers) if (caller.cancelled) round.callers.delete(caller);
      if (round.callers.size > 0 || round === this.#running) continue;
      this.#open.delete(question);
      round.answer.reject(new BanyanError('unavailable', 'nobody waits for this answer any more'));
    }
  }
}

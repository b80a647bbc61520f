/** Publications remembered: an agent that answers later than so many of them is not timed. */
const REMEMBERED = 64;

/** How long agents take to become what was published. */
export class PublicationTimes {
  /** By revision, in the order of publication: when, on the caller's clock. */
  readonly #published = new Map<number, number>();
  /** The newest revision that was timed, by the id of the agent: it says the same again when something else changes. */
  readonly #timed = new Map<string, number>();

  published(revision: number, now: number): void {
    this.#published.set(revision, now);
    if (this.#published.size <= REMEMBERED) return;
    const [oldest] = this.#published.keys();
    this.#published.delete(oldest!);
  }

  /** @returns milliseconds since its publication; undefined when that is not known, or was told before. */
  acknowledged(agentId: string, revision: number, now: number): number | undefined {
    const at = this.#published.get(revision);
    if (at === undefined || this.#timed.get(agentId) === revision) return undefined;
    this.#timed.set(agentId, revision);
    return now - at;
  }

  /** @returns milliseconds since there is something newer than what an agent has applied; 0 when there is nothing. */
  behind(applied: number, now: number): number {
    for (const [revision, at] of this.#published) if (revision > applied) return now - at;
    return 0;
  }

  /** Forgets agents that are no more. */
  keep(agentIds: ReadonlySet<string>): void {
    for (const id of this.#timed.keys()) if (!agentIds.has(id)) this.#timed.delete(id);
  }
}

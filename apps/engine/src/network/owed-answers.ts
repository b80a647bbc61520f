import type { SyncRequest, SyncResponse } from '#protocol';

/** Answers of one agent that may come late and are still taken for such. */
const MOST = 64;

/** How many answers agents have been asked for, by id: what the engine wants to know is not charged to who says it. */
export class OwedAnswers {
  readonly #owed = new Map<string, number>();

  /** Only questions count. */
  told(agentId: string, { message }: SyncResponse): void {
    if (message?.$case !== 'ping' && message?.$case !== 'linkReportRequest') return;
    this.#owed.set(agentId, Math.min(MOST, this.#of(agentId) + 1));
  }

  /** Whether this is an answer that was asked for; each is one once. */
  settles(agentId: string, { message }: SyncRequest): boolean {
    const owed = this.#of(agentId);
    if (owed === 0 || (message?.$case !== 'pong' && message?.$case !== 'links')) return false;
    this.#owed.set(agentId, owed - 1);
    return true;
  }

  forget(agentId: string): void {
    this.#owed.delete(agentId);
  }

  #of(agentId: string): number {
    return this.#owed.get(agentId) ?? 0;
  }
}

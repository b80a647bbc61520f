import type { SyncRequest, SyncResponse } from '#protocol';

/** Answers that may come late and are still taken for such. */
const MOST = 64;

/** How many answers were asked for on one stream: what the engine wants to know is not charged to who says it. */
export class OwedAnswers {
  #owed = 0;

  /** Only questions count. */
  told({ message }: SyncResponse): void {
    if (message?.$case !== 'ping' && message?.$case !== 'linkReportRequest') return;
    this.#owed = Math.min(MOST, this.#owed + 1);
  }

  /** Whether this is an answer that was asked for; each is one once. */
  settles({ message }: SyncRequest): boolean {
    if (this.#owed === 0 || (message?.$case !== 'pong' && message?.$case !== 'links')) return false;
    this.#owed -= 1;
    return true;
  }
}

import { join } from 'node:path';
import { log } from '#log';
import { NO_ADMISSIONS, openAdmissionRecord, saveAdmissionRecord, type AdmissionRecord } from '#whitelist';
import { sentence } from './sentence.js';

/** The order of first admission, which decides who has a tunnel address, and its file in the state directory. */
export class FirstAdmissions {
  /** As it is in force. */
  record: AdmissionRecord = NO_ADMISSIONS;
  readonly #path: string;
  #saved: AdmissionRecord = NO_ADMISSIONS;
  #error: string | undefined;

  constructor(stateDir: string) {
    this.#path = join(stateDir, 'first-admissions.json');
  }

  /** Why it is not on disk, where it would outlive a restart. */
  get error(): string | undefined {
    return this.#error;
  }

  async open(): Promise<void> {
    const { record, fault } = await openAdmissionRecord(this.#path, new Date());
    this.record = this.#saved = record;
    if (fault !== undefined) {
      log.say('state.unreadable', `${fault}. Without it, keys that share a tunnel address are all refused.`);
    }
  }

  /** Not before a client is admitted: a full disk must not keep anybody out. To be tried again at every reading. */
  async save(): Promise<void> {
    const { record } = this;
    if (record === this.#saved) return;
    try {
      await saveAdmissionRecord(this.#path, record);
      this.#saved = record;
      this.#error = undefined;
    } catch (error) {
      this.#error = `${sentence(error)} Until it is written, a restart forgets who held a tunnel address first.`;
      log.say('state.unsaved', this.#error);
    }
  }
}

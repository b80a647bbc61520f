import { BanyanError, messageOf } from '#errors';
import type { Log } from '#log';
import type { Operation, Store } from '../store/store.js';
import { MAX_OPERATIONS } from '../store/transaction.js';
import type { Agent } from './agent.js';
import { decodeRecord, encodeRecord, type AgentRecord } from './record.js';

const PREFIX = 'agents/';
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * The agents' records in the store. A new one is written before it counts. Changes are written behind, many
 * in one transaction and again until they are there: an agent that is known does not wait for the store.
 * One record is one key, so each change stands by itself and a crash between two leaves nothing half done.
 */
export class Records {
  readonly #unsaved = new Set<Agent>();
  #saving: Promise<void> | undefined;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(
    private readonly store: Store,
    private readonly log: Log,
  ) {}

  /** All records, the longest registered last. One that cannot be understood stays in the store and is logged. */
  async load(): Promise<AgentRecord[]> {
    const records: AgentRecord[] = [];
    for (const { key, value } of await this.store.list(PREFIX)) {
      const record = decodeRecord(value);
      if (record && key === PREFIX + record.id) records.push(record);
      else this.log.say('store.damaged', `the store's ${key} is not the record of an agent: ignored`);
    }
    return records.sort((a, b) => a.lastRegisteredMs - b.lastRegisteredMs);
  }

  /** @throws BanyanError when it is not known to be in the store; trying again is right. */
  async create(record: AgentRecord): Promise<void> {
    const key = PREFIX + record.id;
    if (await this.store.transact([{ key, revision: 0 }], [putOf(record)])) return;
    // An earlier attempt whose answer was lost.
    const found = await this.store.get(key);
    if (found && decodeRecord(found.value)?.publicKey.equals(record.publicKey)) return;
    throw new BanyanError('conflict', `the store has another record in the place of ${record.name}'s`, {
      remedy: 'Another engine may be using the same store: stop one of the two.',
    });
  }

  /** Writes the record of this agent as it is then, soon, and again until it is written. */
  save(agent: Agent): void {
    this.#unsaved.add(agent);
    this.#saveSoon();
  }

  /** @throws BanyanError when it is not known to be gone from the store; trying again is right. */
  async delete(agent: Agent): Promise<void> {
    // What is being written now would come back, and what fails to be is to be written again.
    await this.#saving;
    this.#unsaved.delete(agent);
    await this.store.transact([], [{ kind: 'delete', key: PREFIX + agent.id }]);
  }

  /** Writes what is left, trying once. */
  async close(): Promise<void> {
    clearTimeout(this.#pause);
    await this.#saving;
    clearTimeout(this.#pause);
    if (this.#unsaved.size > 0) await this.#saveAll();
    clearTimeout(this.#pause);
  }

  #saveSoon(): void {
    // Not at once: what is saved in the same turn goes into the same transaction.
    if (this.#failures === 0) this.#saving ??= Promise.resolve().then(() => this.#saveAll());
  }

  async #saveAll(): Promise<void> {
    try {
      while (this.#unsaved.size > 0) {
        const batch = [...this.#unsaved].slice(0, MAX_OPERATIONS);
        await this.#saveBatch(batch);
      }
      if (this.#failures > 0)
        this.log.say('store.available', 'the records of agents are written to the store again');
      this.#failures = 0;
    } catch (error) {
      this.log.say(
        'store.unavailable',
        `records of agents could not be written, trying again: ${messageOf(error)}`,
      );
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
      this.#failures += 1;
      this.#pause = setTimeout(() => {
        this.#saving ??= Promise.resolve().then(() => this.#saveAll());
      }, pause).unref();
    } finally {
      this.#saving = undefined;
    }
  }

  async #saveBatch(batch: readonly Agent[]): Promise<void> {
    for (const agent of batch) this.#unsaved.delete(agent);
    const records = batch.map((agent) => agent.record);
    try {
      await this.store.transact([], records.map(putOf));
    } catch (error) {
      for (const agent of batch) this.#unsaved.add(agent);
      throw error;
    }
    batch.forEach((agent, index) => (agent.savedSeenMs = records[index]!.lastSeenMs));
  }
}

function putOf(record: AgentRecord): Operation {
  return { kind: 'put', key: PREFIX + record.id, value: encodeRecord(record) };
}

import type { PublicKey } from '#crypto';
import type { Agent } from './agent.js';

/** A client as the whitelist has it: a name and the key it stands for. */
export interface Client {
  readonly name: string;
  readonly publicKey: PublicKey;
}

export interface Move {
  readonly agent: Agent;
  readonly to: string;
}

/**
 * Which agents there are, by name and by key, both unique.
 *
 * A record belongs to its key and follows it to another name. A key that is new under a known name is a
 * rotation: the record stays with the name.
 */
export class Roster {
  readonly #byId = new Map<string, Agent>();
  readonly #byName = new Map<string, Agent>();
  readonly #byKey = new Map<string, Agent>();

  /** @param changed called for every agent whose name or key becomes another. */
  constructor(private readonly changed: (agent: Agent) => void) {}

  /** Adds one that is not here. Of two with one name or one key, the one added later has it. */
  add(agent: Agent): void {
    this.#byId.set(agent.id, agent);
    this.#byKey.set(agent.publicKey.text, agent);
    this.#take(agent.name, agent);
  }

  remove(agent: Agent): void {
    this.#byId.delete(agent.id);
    if (this.#byName.get(agent.name) === agent) this.#byName.delete(agent.name);
    if (this.#byKey.get(agent.publicKey.text) === agent) this.#byKey.delete(agent.publicKey.text);
  }

  all(): IterableIterator<Agent> {
    return this.#byId.values();
  }

  hasId(id: string): boolean {
    return this.#byId.has(id);
  }

  named(name: string): Agent | undefined {
    return this.#byName.get(name);
  }

  keyed(publicKey: PublicKey): Agent | undefined {
    return this.#byKey.get(publicKey.text);
  }

  /** The agent that this client is, renamed or rotated to match it; undefined when it is new. */
  identify({ name, publicKey }: Client): Agent | undefined {
    const own = this.keyed(publicKey);
    if (own) {
      this.rename([{ agent: own, to: name }]);
      return own;
    }
    const rotated = this.named(name);
    if (!rotated) return undefined;
    this.#byKey.delete(rotated.publicKey.text);
    rotated.publicKey = publicKey;
    this.#byKey.set(publicKey.text, rotated);
    this.changed(rotated);
    return rotated;
  }

  /**
   * Gives these agents their new names, all at once, so that two can exchange theirs. Whoever has such a name
   * and is not among them goes on under {@link formerName}.
   */
  rename(moves: readonly Move[]): void {
    const real = moves.filter(({ agent, to }) => agent.name !== to);
    for (const { agent } of real) this.#byName.delete(agent.name);
    for (const { agent, to } of real) {
      this.#take(to, agent);
      this.changed(agent);
    }
  }

  #take(name: string, agent: Agent): void {
    const before = this.#byName.get(name);
    if (before) {
      before.name = formerName(before);
      this.#byName.set(before.name, before);
      this.changed(before);
    }
    agent.name = name;
    this.#byName.set(name, agent);
  }
}

/**
 * What an agent is called whose name another one has now: it keeps its record, and what hangs on it, until it
 * is released on purpose. `~` is in no name of the whitelist, so nobody registers as it.
 */
function formerName({ name, id }: Agent): string {
  return `${name.split('~', 1)[0]}~${id.slice(0, 8)}${id.slice(32)}`;
}

/**
 * A process full of agents that build nothing: the agent's own connection, registration and stream, and an
 * acknowledgement for everything that comes; see crowds.ts.
 */
import { SILENT } from '#log';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { openEngine, type EngineConnection } from '#channel';
import { PublicKey, type PrivateKey } from '#crypto';
import pRetry from 'p-retry';
import { Link, ListLinksResponse, type SyncResponse } from '#protocol';
import { openSession, type Session } from '../apps/agent/src/session.js';
import type { Address, CrowdQuestions } from './crowds.js';
import { distinctKeys } from '../test/engine/distinct-keys.js';
import { answerQuestions } from './part.js';

const stateDir = mkdtempSync(join(tmpdir(), 'banyan-bench-'));

let keys: PrivateKey[] = [];
const agents: SimulatedAgent[] = [];
/** Called whenever an agent has heard something. */
let heard = (): void => undefined;

/** As long on the wire as a real one. */
const LINK = {
  endpoint: '192.0.2.100:51820',
  latestHandshakeMs: Date.now(),
  receivedBytes: 1_000_000_000,
  sentBytes: 1_000_000_000,
  roundTripUs: 900,
  up: true,
};

class SimulatedAgent {
  readonly #peers = new Set<string>();
  #storeId = '';
  revision = 0;

  private constructor(
    readonly connection: EngineConnection,
    private readonly session: Session,
    private readonly own: string,
  ) {
    session.read((message) => this.#received(message));
  }

  static async join({ port, key }: Address, privateKey: PrivateKey): Promise<SimulatedAgent> {
    const engineKey = PublicKey.parse(key);
    const settings = { engineHost: '127.0.0.1', enginePort: port, engineWgPort: 51_821, privateKey };
    const connection = await openEngine({ ...settings, engineKey, stateDir }, SILENT);
    const host = { hostRoutes: [], subnet: '' };
    const session = await openSession(connection, { wgPort: 51_820, hostIp: undefined }, host);
    return new SimulatedAgent(connection, session, privateKey.publicKey.text);
  }

  get ended(): Promise<unknown> {
    return this.session.ended;
  }

  get peers(): number {
    return this.#peers.size;
  }

  hangUp(): void {
    this.session.close();
    this.connection.close();
  }

  /** Says of its links that all are up but so many. */
  count(down: number): void {
    const value = { up: this.#peers.size - down, wanted: this.#peers.size };
    this.session.out.put({ $case: 'linkCount', value });
  }

  #report(most: number): void {
    const chosen = [...this.#peers].slice(0, most === 0 ? undefined : most);
    const links = chosen.map((publicKey) => Link.fromPartial({ ...LINK, publicKey }));
    this.session.out.put({ $case: 'links', value: { links, leftOut: this.#peers.size - links.length } });
  }

  #received(message: SyncResponse['message']): void {
    if (message?.$case === 'linkReportRequest') return this.#report(message.value.most);
    if (message?.$case === 'snapshot') {
      this.#storeId = message.value.storeId;
      this.#peers.clear();
      this.#add(message.value.peers);
    } else if (message?.$case === 'delta') {
      for (const key of message.value.removed) this.#peers.delete(key);
      this.#add(message.value.changed);
    } else return;
    this.revision = message.value.revision;
    const ack = { storeId: this.#storeId, revision: this.revision, refused: '', held: false };
    this.session.out.put({ $case: 'ack', value: ack });
    heard();
  }

  #add(peers: readonly { publicKey: string }[]): void {
    for (const { publicKey } of peers) if (publicKey !== this.own) this.#peers.add(publicKey);
  }
}

const questions: CrowdQuestions = {
  makeKeys: (count) => {
    keys = distinctKeys(count);
    return keys.map(({ publicKey }) => publicKey.text);
  },
  joinTogether: async ({ address, from, to }) => {
    const started = performance.now();
    // As an agent does: an engine that is busy is tried again.
    const again = { retries: 100, minTimeout: 200, maxTimeout: 3_000, randomize: true };
    const joining = keys.slice(from, to).map((key) => pRetry(() => SimulatedAgent.join(address, key), again));
    agents.push(...(await Promise.all(joining)));
    await hearing(() => agents.every(({ peers }) => peers === agents.length - 1));
    return performance.now() - started;
  },
  joinAlone: async ({ address, index }) => {
    const others = [...agents];
    const started = performance.now();
    const one = await SimulatedAgent.join(address, keys[index]!);
    agents.push(one);
    await hearing(() => agents.every(({ peers }) => peers === agents.length - 1));
    await acknowledged(others[0]!, one.revision);
    return performance.now() - started;
  },
  revocation: async ({ index }) => {
    const [one] = agents.splice(index, 1);
    const closed = one!.ended.then(() => Date.now());
    await hearing(() => agents.every(({ peers }) => peers === agents.length - 1));
    await acknowledged(agents[0]!, agents[0]!.revision);
    const acknowledgedAt = Date.now();
    const closedAt = await closed;
    one!.hangUp();
    return { acknowledgedAt, closedAt };
  },
  watch: async (times) => {
    agents.forEach((agent, index) => agent.count(index === 0 ? 1 : 0));
    const { connection } = agents[0]!;
    const statuses: number[] = [];
    const links: number[] = [];
    let bytes = 0;
    for (let round = 0; round < times; round += 1) {
      // A round of questions serves whoever asks within half a second.
      await delay(1_000);
      const asked = performance.now();
      await Promise.all([
        connection.call('status', {}),
        connection.call('listAgents', {}),
        connection.call('listLinks', { most: 10, agents: [], onlyDown: true }),
      ]);
      const told = performance.now();
      const answer = await connection.call('listLinks', { most: 500, agents: [], onlyDown: false });
      links.push(performance.now() - told);
      statuses.push(told - asked);
      bytes = ListLinksResponse.encode(answer).finish().length;
    }
    return { statuses, links, bytes };
  },
  hangUp: () => {
    for (const agent of agents.splice(0)) agent.hangUp();
  },
};

/** The engine's word that every agent has acknowledged; asked for when the last of them has written that. */
async function acknowledged({ connection }: SimulatedAgent, revision: number): Promise<void> {
  for (;;) {
    const { agents: listed } = await connection.call('listAgents', {});
    const all = listed.filter((agent) => agent.state === 'online' && agent.appliedRevision >= revision);
    if (all.length === agents.length) return;
  }
}

/** Settles when this holds after something was heard. */
function hearing(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    heard = () => {
      if (!holds()) return;
      heard = () => undefined;
      resolve();
    };
    heard();
  });
}

answerQuestions(questions, () => rmSync(stateDir, { recursive: true }));

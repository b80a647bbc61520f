import { setTimeout as delay } from 'node:timers/promises';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { callUnary, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { Link, RegisterRequest, type SyncRequest, type SyncResponse } from '#protocol';
import { FRESH_MS } from '../../apps/engine/src/links/rounds.js';
import { until } from '../lab/until.js';
import { distinctKeys } from './distinct-keys.js';
import { CALL_MS, runningEngine, type RunningEngine } from './running-engine.js';

let engine: RunningEngine;
let operator: EngineConnection;
beforeEach(async () => {
  engine = await runningEngine();
  operator = await admitted('cli-1', generateKey(), '# role: cli');
});
afterEach(() => engine.stop());

async function admitted(name: string, key: PrivateKey, ...comments: string[]): Promise<EngineConnection> {
  engine.drop(name, key, ...comments);
  const connection = await engine.connect(key);
  await until(() => isAdmitted(connection), {
    what: `${name} is admitted`,
  });
  return connection;
}

const isAdmitted = (connection: EngineConnection): Promise<boolean> =>
  callUnary(connection.engine, 'confirmEngineKey', {}, connection.metadata(), CALL_MS).then(
    () => true,
    () => false,
  );

/** An agent on the real protocol: what it says of its links is what the test wants. */
class LinkedAgent {
  /** By the public key of the peer. */
  readonly links = new Map<string, Partial<Link>>();
  readonly asked: SyncResponse['message'][] = [];
  mute = false;

  private constructor(
    readonly name: string,
    readonly key: PrivateKey,
    readonly stream: ClientDuplexStream<SyncRequest, SyncResponse>,
  ) {
    stream.on('data', ({ message }: SyncResponse) => this.#hear(message));
    stream.on('error', () => undefined);
  }

  static async join(name: string, key = generateKey()): Promise<LinkedAgent> {
    const connection = await admitted(name, key);
    const request = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1' });
    await callUnary(connection.engine, 'register', request, connection.metadata(), CALL_MS);
    const stream = connection.engine.sync(connection.metadata());
    const agent = new LinkedAgent(name, key, stream);
    const welcome = new Promise((resolve) => stream.once('data', resolve));
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '1' } } });
    await welcome;
    return agent;
  }

  link(to: LinkedAgent, said: Partial<Link>): void {
    this.links.set(to.key.publicKey.text, said);
  }

  count(up: number, wanted: number): void {
    this.stream.write({ message: { $case: 'linkCount', value: { up, wanted } } });
  }

  #hear(message: SyncResponse['message']): void {
    if (message?.$case !== 'linkReportRequest' && message?.$case !== 'ping') return;
    this.asked.push(message);
    if (this.mute) return;
    const links = Array.from(this.links, ([publicKey, said]) => Link.fromPartial({ publicKey, ...said }));
    if (message.$case === 'linkReportRequest') {
      this.stream.write({ message: { $case: 'links', value: { links, leftOut: 0 } } });
      return;
    }
    const link = links.find(({ publicKey }) => publicKey === message.value.publicKey);
    this.stream.write({ message: { $case: 'pong', value: { id: message.value.id, link } } });
  }
}

async function join(...names: string[]): Promise<LinkedAgent[]> {
  const keys = distinctKeys(names.length);
  const agents = [];
  for (const name of names) agents.push(await LinkedAgent.join(name, keys.pop()));
  // All of them are in the network.
  await until(async () => (await listLinks({ onlyDown: true })).agents.length === names.length);
  for (const agent of agents) agent.asked.length = 0;
  return agents;
}

const listLinks = (asked: { most?: number; agents?: string[]; onlyDown?: boolean } = {}) =>
  operator.call('listLinks', { most: 0, agents: [], onlyDown: false, ...asked });

/** Asks until everybody has answered in the time that agents have for it, which a busy machine may take from them. */
async function answered(ask: () => ReturnType<typeof listLinks>): ReturnType<typeof listLinks> {
  return until(
    async () => {
      const answer = await ask();
      return answer.agents.every(({ state }) => state === 'answered') ? answer : undefined;
    },
    { what: 'all have answered' },
  );
}

function allUp(agents: readonly LinkedAgent[]): void {
  for (const agent of agents)
    for (const other of agents)
      if (other !== agent) agent.link(other, { up: true, latestHandshakeMs: 1_000 });
}

describe('the links between all agents', () => {
  it('are asked of each of them, and told once, those that are not up first', async () => {
    const [one, two, three] = (await join('worker-1', 'worker-2', 'worker-3')) as [
      LinkedAgent,
      LinkedAgent,
      LinkedAgent,
    ];
    allUp([one, two, three]);
    one.link(three, { up: false });
    three.link(one, { up: false });
    const answer = await answered(() => listLinks());
    expect(answer.links.map(({ a, b, state }) => [a, b, state])).toEqual([
      ['worker-1', 'worker-3', 'down'],
      ['worker-1', 'worker-2', 'up'],
      ['worker-2', 'worker-3', 'up'],
    ]);
    expect(answer).toMatchObject({ wanted: 3, up: 2, down: 1, leftOutDown: 0, leftOutUp: 0 });
    expect(answer.agents.map(({ state }) => state)).toEqual(['answered', 'answered', 'answered']);
  });

  it('have what they carry, by the counters of two questions', async () => {
    const [one, two] = (await join('worker-1', 'worker-2')) as [LinkedAgent, LinkedAgent];
    let sentBytes = 1_000;
    allUp([one, two]);
    const answer = await until(async () => {
      one.link(two, { up: true, sentBytes: (sentBytes += 100_000) });
      const { links, perSecond } = await listLinks();
      return links[0]?.aToB ? { link: links[0], perSecond } : undefined;
    });
    expect(answer.link.bToA).toBe(0);
    expect(answer.perSecond).toBe(answer.link.aToB);
  });

  it('are told of by the other end when an agent does not answer, which nobody waits for twice', async () => {
    const [one, two] = (await join('worker-1', 'worker-2')) as [LinkedAgent, LinkedAgent];
    allUp([one, two]);
    two.mute = true;
    const first = await until(
      async () => {
        const answer = await listLinks();
        return answer.agents[0]?.state === 'answered' ? answer : undefined;
      },
      { what: 'the one that is not mute has answered' },
    );
    expect(first.agents).toEqual([
      { name: 'worker-1', state: 'answered' },
      { name: 'worker-2', state: 'silent' },
    ]);
    expect(first.links).toMatchObject([{ a: 'worker-1', b: 'worker-2', state: 'up' }]);
    const isPrompt = async (): Promise<boolean> => {
      const [asked, begun] = [one.asked.length, performance.now()];
      await listLinks();
      // Half of what a silent one is waited for; what was just answered is not asked again.
      return one.asked.length > asked && performance.now() - begun < 1_000;
    };
    await until(isPrompt, { what: 'agents are asked, and the silent one is not waited for' });
  });

  it('are not asked for callers who have gone while others were answered', async () => {
    const [one, two] = (await join('worker-1', 'worker-2')) as [LinkedAgent, LinkedAgent];
    allUp([one, two]);
    const named = { most: 0, agents: ['worker-1'], onlyDown: false };
    const asksTwice = async (): Promise<boolean> => {
      one.mute = two.mute = true;
      const before = one.asked.length;
      const first = listLinks();
      await Promise.all([first, until(() => one.asked.length > before).then(goes)]);
      one.mute = two.mute = false;
      await listLinks({ agents: ['worker-2'] });
      const isTwice = one.asked.length === before + 2;
      // What was just answered is not asked again.
      if (!isTwice) await delay(FRESH_MS);
      return isTwice;
    };
    const goes = () =>
      callUnary(operator.operator, 'listLinks', named, operator.metadata(), 100).catch(() => undefined);
    // Where nothing moves for seconds, the caller is answered before anybody hears that it has gone.
    await until(asksTwice, { what: 'who has gone is not asked for' });
  });

  it('are those of the agents that are named, and as many as are asked for', async () => {
    const agents = await join('worker-1', 'worker-2', 'worker-3');
    allUp(agents);
    const named = await answered(() => listLinks({ agents: ['worker-2'] }));
    expect(named.links.map(({ a, b }) => `${a} ${b}`).sort()).toEqual([
      'worker-1 worker-2',
      'worker-2 worker-3',
    ]);
    expect(named).toMatchObject({ wanted: 2, up: 2, down: 0 });
    const few = await answered(() => listLinks({ most: 1 }));
    expect([few.links.length, few.leftOutDown, few.leftOutUp, few.up]).toEqual([1, 0, 2, 3]);
    const tooMany = Array.from({ length: 17 }, (_, n) => `worker-${n}`);
    await expect(listLinks({ agents: tooMany })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(listLinks({ agents: ['nobody'] })).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('are asked of nobody who says that all of its are up, where only the others matter', async () => {
    const [one, two, three] = (await join('worker-1', 'worker-2', 'worker-3')) as [
      LinkedAgent,
      LinkedAgent,
      LinkedAgent,
    ];
    allUp([one, two, three]);
    one.link(two, { up: false });
    one.count(1, 2);
    two.count(2, 2);
    three.count(2, 2);
    const answer = await until(async () => {
      const { links, up, ...rest } = await listLinks({ onlyDown: true });
      return up === 2 && links.length > 0 ? { links, up, ...rest } : undefined;
    });
    expect(answer.links.map(({ a, b }) => [a, b])).toEqual([['worker-1', 'worker-2']]);
    expect(answer).toMatchObject({ wanted: 3, down: 1, leftOutUp: 0 });
    for (const agent of [one, two]) agent.asked.length = 0;
    // What was just answered is not asked again.
    await until(() => listLinks({ onlyDown: true }).then(() => one.asked.length > 0));
    expect(two.asked).toEqual([]);
  });

  it('are not for agents to see', async () => {
    const key = generateKey();
    const agent = await admitted('worker-8', key, '# role: agent');
    const calls = [
      agent.call('listLinks', { most: 0, agents: [], onlyDown: false }),
      agent.call('pingAgent', { agent: 'worker-8' }),
      agent.call('measureLinks', { agent: 'worker-8', from: '' }),
    ];
    await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject({ kind: 'forbidden' })));
  });
});

describe('an agent that is pinged', () => {
  it('answers by its stream, which takes time that is measured', async () => {
    await join('worker-1');
    const answer = await until(async () => {
      const answer = await operator.call('pingAgent', { agent: 'worker-1' });
      return answer.roundTripUs > 0 ? answer : undefined;
    });
    expect(answer).toMatchObject({ state: 'online', channel: 'loopback' });
    await expect(operator.call('pingAgent', { agent: 'nobody' })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('and does not answer is told apart from one that is offline', async () => {
    const [one] = (await join('worker-1')) as [LinkedAgent];
    one.mute = true;
    expect(await operator.call('pingAgent', { agent: 'worker-1' })).toMatchObject({
      state: 'online',
      roundTripUs: 0,
    });
    one.stream.cancel();
    await until(async () => (await operator.call('pingAgent', { agent: 'worker-1' })).state === 'offline');
  });

  it('has its links measured by the others, each of whom says how it is', async () => {
    const [, two, three, four] = await join('worker-1', 'worker-2', 'worker-3', 'worker-4');
    const [one] = [(await operator.call('listAgents', {})).agents[0]!];
    two!.links.set(one.publicKey, { up: true, roundTripUs: 700, latestHandshakeMs: 5 });
    three!.links.set(one.publicKey, { up: false });
    const areMeasured = async (): Promise<boolean> => {
      const { links } = await operator.call('measureLinks', { agent: 'worker-1', from: '' });
      expect(links.map(({ from, state, roundTripUs }) => [from, state, roundTripUs])).toEqual([
        ['worker-2', 'up', 700],
        ['worker-3', 'down', 0],
        ['worker-4', 'none', 0],
      ]);
      return true;
    };
    await until(areMeasured, { what: 'all have answered in their time' });
    four!.stream.cancel();
    await until(async () => {
      const answer = await operator.call('measureLinks', { agent: 'worker-1', from: '' });
      return answer.offline === 1;
    });
    const few = await operator.call('measureLinks', { agent: 'worker-1', from: 'worker-3' });
    expect(few).toMatchObject({ links: [{ from: 'worker-3' }], offline: 0, leftOut: 0 });
  });
});

describe('what an operator is told of the whole network', () => {
  it('is the whitelist by state, the keys that wait, the subnets, and what the engine warns of', async () => {
    await join('worker-1');
    engine.drop('old', generateKey(), '# expires: 2020-01-01');
    const stranger = await engine.connect(generateKey());
    await until(() => isAdmitted(stranger).then((is) => !is));
    const status = await until(async () => {
      const answer = await operator.call('status', {});
      return answer.whitelist['expired'] === 1 ? answer : undefined;
    });
    expect(status).toMatchObject({
      whitelist: { admitted: 2, expired: 1 },
      keysPending: 1,
      vpcCidr: '10.201.0.0/16',
      subnetsUsed: 1,
      subnetsTotal: 256,
      directoryError: '',
    });
  });
});

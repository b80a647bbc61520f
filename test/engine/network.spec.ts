import { existsSync } from 'node:fs';
import { watch as watchFiles } from 'node:fs/promises';
import { join } from 'node:path';
import { Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { callUnary, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { BanyanError } from '#errors';
import {
  HeartbeatRequest,
  RegisterRequest,
  type SyncAck,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import { requestRotation } from '#rotation';
import { until } from '../lab/until.js';
import { distinctKeys } from './distinct-keys.js';
import { CALL_MS, runningEngine, type RunningEngine } from './running-engine.js';

type Message = NonNullable<SyncResponse['message']>;

let engine: RunningEngine;
beforeEach(async () => {
  engine = await runningEngine();
});
afterEach(() => engine.stop());

/** An agent on the real protocol that only takes down what it is told. */
class TestAgent {
  readonly heard: Message[] = [];

  private constructor(
    readonly key: PrivateKey,
    readonly subnet: string,
    readonly connection: EngineConnection,
    readonly stream: ClientDuplexStream<SyncRequest, SyncResponse>,
  ) {
    stream.on('data', ({ message }: SyncResponse) => this.heard.push(message!));
    stream.on('error', () => undefined);
  }

  static async join(
    name: string,
    report: Partial<RegisterRequest> = {},
    key = generateKey(),
  ): Promise<TestAgent> {
    engine.drop(name, key);
    // In a crowd on a slow machine a handshake may take longer than a client has patience for one.
    const connection = await until(() => engine.connect(key), { what: `${name} is connected` });
    const request = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1', ...report });
    const register = () =>
      callUnary(connection.engine, 'register', request, connection.metadata(), CALL_MS).catch(
        (error: BanyanError) =>
          // The file was just dropped; who has to wait for a second until it is seen is closed.
          ['unauthenticated', 'unavailable'].includes(error.kind) ? undefined : error,
      );
    const answer = await until(register);
    if (answer instanceof BanyanError) throw answer;
    const stream = connection.engine.sync(connection.metadata());
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '1' } } });
    const agent = new TestAgent(key, answer.allocatedSubnet, connection, stream);
    await until(() => agent.snapshot);
    return agent;
  }

  get snapshot() {
    const found = this.heard.find(({ $case }) => $case === 'snapshot');
    return found?.$case === 'snapshot' ? found.value : undefined;
  }

  get deltas() {
    return this.heard.flatMap((message) => (message.$case === 'delta' ? [message.value] : []));
  }

  get peers(): Map<string, string> {
    const peers = new Map(this.snapshot!.peers.map(({ name, subnet }) => [name, subnet]));
    const names = new Map(this.snapshot!.peers.map(({ name, publicKey }) => [publicKey, name]));
    for (const { changed, removed } of this.deltas) {
      for (const key of removed) peers.delete(names.get(key)!);
      for (const { name, publicKey, subnet } of changed) {
        if (names.has(publicKey)) peers.delete(names.get(publicKey)!);
        names.set(publicKey, name);
        peers.set(name, subnet);
      }
    }
    return peers;
  }

  get revision(): number {
    return this.deltas.at(-1)?.revision ?? this.snapshot!.revision;
  }

  register(report: Partial<RegisterRequest>) {
    const request = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1', ...report });
    return callUnary(this.connection.engine, 'register', request, this.connection.metadata(), CALL_MS);
  }

  leave(): void {
    this.stream.cancel();
    this.connection.close();
  }

  ack(revision = this.revision): void {
    const value = { storeId: this.snapshot!.storeId, revision, refused: '', held: false };
    this.stream.write({ message: { $case: 'ack', value } });
  }

  listAgents() {
    return callUnary(this.connection.operator, 'listAgents', {}, this.connection.metadata(), CALL_MS);
  }
}

async function shown(by: TestAgent, name: string) {
  const { agents } = await by.listAgents();
  return agents.find((agent) => agent.name === name)!;
}

describe('an agent that joins', () => {
  it('gets a subnet and the whole network, and all others learn of it', async () => {
    const one = await TestAgent.join('worker-1');
    const two = await TestAgent.join('worker-2', { wgPort: 4711, hostIp: '192.0.2.7' });
    expect([one.subnet, two.subnet]).toEqual(['10.201.0.0/24', '10.201.1.0/24']);
    expect(two.snapshot).toMatchObject({ vpcCidr: '10.201.0.0/16', subnet: '10.201.1.0/24', adopted: false });
    const both = new Map([
      ['worker-1', '10.201.0.0/24'],
      ['worker-2', '10.201.1.0/24'],
    ]);
    await until(() => one.peers.size === 2);
    expect(one.peers).toEqual(both);
    await until(() => two.peers.size === 2);
    expect(one.deltas.at(-1)?.changed).toEqual([
      expect.objectContaining({ name: 'worker-2', host: '192.0.2.7', port: 4711, atEngine: false }),
    ]);
    expect(one.snapshot!.peers.concat(one.deltas.flatMap(({ changed }) => changed))).toContainEqual(
      expect.objectContaining({ name: 'worker-1', host: '', port: 51820, atEngine: true }),
    );
  });

  it('is a peer of the others while it is away, and no more when it is revoked', async () => {
    const one = await TestAgent.join('worker-1');
    const two = await TestAgent.join('worker-2');
    await until(() => one.peers.has('worker-2'));
    two.leave();
    await until(async () => (await shown(one, 'worker-2')).state === 'offline');
    expect(one.peers.has('worker-2')).toBe(true);
    engine.remove('worker-2');
    await until(() => !one.peers.has('worker-2'));
  });

  it('is told of a revocation also when this engine never knew the agent: its own store may know it', async () => {
    const one = await TestAgent.join('worker-1');
    const unknown = generateKey();
    engine.drop('worker-3', unknown);
    const connection = await engine.connect(unknown);
    await until(() => connection.call('status', {}), { what: 'worker-3 is admitted' });
    engine.remove('worker-3');
    await until(() => one.deltas.some(({ removed }) => removed.includes(unknown.publicKey.text)));
  });

  it('has the same subnet after a rename and with another key', async () => {
    const one = await TestAgent.join('worker-1');
    const two = await TestAgent.join('worker-2');
    engine.drop('renamed', two.key);
    engine.remove('worker-2');
    await until(() => one.peers.get('renamed') === two.subnet && !one.peers.has('worker-2'));
    two.leave();
    engine.remove('renamed');
    await until(() => !one.peers.has('renamed'));
    const again = await TestAgent.join('renamed');
    expect(again.subnet).toBe(two.subnet);
  });

  it('is a peer by its own name, key and subnet, though it reports those of another', async () => {
    const one = await TestAgent.join('worker-1');
    const [agentName, wgPublicKey] = ['worker-1', one.key.publicKey.text];
    const two = await TestAgent.join('worker-2', { agentName, wgPublicKey, subnet: one.subnet });
    await until(() => one.peers.has('worker-2'));
    const changed = one.deltas.flatMap((delta) => delta.changed).filter(({ name }) => name === 'worker-2');
    expect(changed).toEqual([
      expect.objectContaining({ publicKey: two.key.publicKey.text, subnet: '10.201.1.0/24' }),
    ]);
    expect(one.peers.get('worker-1')).toBe(one.subnet);
    expect(await shown(one, 'worker-1')).toMatchObject({ publicKey: wgPublicKey, subnet: one.subnet });
  });

  it('cannot point others at an address that is none', async () => {
    const one = await TestAgent.join('worker-1', { hostIp: '10.200.0.1' });
    expect((await shown(one, 'worker-1')).endpoint).toBe('at-engine:51820');
  });

  it('with ten thousand routes is told that these are too many', async () => {
    const hostRoutes = Array.from({ length: 10_000 }, (_, n) => `172.16.${n >> 8}.${n & 255}/32`);
    await expect(TestAgent.join('worker-1', { hostRoutes })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('hostRoutes') as string,
    });
  });

  it('with routes that are none is told so', async () => {
    await expect(TestAgent.join('worker-1', { hostRoutes: ['10.0.0.0/33'] })).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});

describe('what an agent says of its network', () => {
  it('is shown to operators', async () => {
    const one = await TestAgent.join('worker-1');
    const two = await TestAgent.join('worker-2');
    await until(() => one.peers.has('worker-2'));
    one.ack();
    one.stream.write({ message: { $case: 'linkCount', value: { up: 1, wanted: 1 } } });
    await until(async () => (await shown(two, 'worker-1')).linksUp === 1);
    expect(await shown(two, 'worker-1')).toMatchObject({
      subnet: '10.201.0.0/24',
      appliedRevision: one.revision,
      linksWanted: 1,
      refused: '',
    });
    expect((await two.listAgents()).revision).toBe(one.revision);
  });

  it('is not believed from the future', async () => {
    const one = await TestAgent.join('worker-1');
    one.ack(one.revision + 1_000);
    one.stream.write({ message: { $case: 'linkCount', value: { up: 0, wanted: 7 } } });
    await until(async () => (await shown(one, 'worker-1')).linksWanted === 7);
    expect((await shown(one, 'worker-1')).appliedRevision).toBe(0);
  });

  it('of its links is asked for when an operator wants to see them', async () => {
    const one = await TestAgent.join('worker-1');
    const two = await TestAgent.join('worker-2');
    one.stream.on('data', ({ message }: SyncResponse) => {
      if (message?.$case !== 'linkReportRequest') return;
      const link = {
        publicKey: two.key.publicKey.text,
        endpoint: '192.0.2.7:51820',
        latestHandshakeMs: 1,
        receivedBytes: 2,
        sentBytes: 3,
        roundTripUs: 4,
        up: true,
      };
      one.stream.write({ message: { $case: 'links', value: { links: [link], leftOut: 0 } } });
    });
    const ask = (agent: string) =>
      callUnary(two.connection.operator, 'listPeers', { agent }, two.connection.metadata(), CALL_MS);
    const isShown = async (): Promise<boolean> => {
      const { links, reportedAtMs } = await ask('worker-1');
      expect(links).toEqual([
        expect.objectContaining({
          name: 'worker-2',
          subnet: two.subnet,
          link: expect.objectContaining({ up: true, roundTripUs: 4 }) as unknown,
        }),
      ]);
      expect(Date.now() - reportedAtMs).toBeLessThan(60_000);
      return true;
    };
    // The other may not be in its network yet, and an agent has two seconds to answer.
    await until(isShown);
    await expect(ask('nobody')).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('an agent that never reads', () => {
  it('is sent fewer and larger deltas, and has everything once it reads', async () => {
    const keys = distinctKeys(62);
    const reading = await TestAgent.join('reading', {}, keys.pop());
    const slow = await TestAgent.join('slow', {}, keys.pop());
    const crowd = await Promise.all(keys.map((key, n) => TestAgent.join(`crowd-${n}`, {}, key)));
    await until(() => slow.peers.size === 62);
    const heardBefore = [reading, slow].map(({ deltas }) => deltas.length);
    slow.stream.pause();
    // Of 7 kB each; some forty fit into the window and the buffers of both ends.
    for (let round = 1; round <= 80; round++) {
      const before = reading.revision;
      await Promise.all(crowd.map((agent) => agent.register({ wgPort: round })));
      await until(() => reading.revision > before);
    }
    slow.stream.resume();
    await until(() => slow.revision === reading.revision);
    expect(slow.peers).toEqual(reading.peers);
    expect(slow.deltas.length - heardBefore[1]!).toBeLessThan(reading.deltas.length - heardBefore[0]!);
  });
});

describe('the administrator', () => {
  /** For all to apply it, also where everything stands still for seconds. */
  const RECEIPT_MS = 60_000;
  const release = (name: string) => callUnary(engine.admin, 'release', { name }, new Metadata(), CALL_MS);
  const revoke = (name: string, waitMs: number) =>
    callUnary(engine.admin, 'removeClient', { name, waitMs }, new Metadata(), waitMs + 30_000);
  const forget = (name: string) => callUnary(engine.admin, 'forget', { name }, new Metadata(), CALL_MS);

  it('releases the subnet of an agent that is away, and forgets it', async () => {
    const one = await TestAgent.join('worker-1');
    const two = await TestAgent.join('worker-2');
    await until(() => one.peers.has('worker-2'));
    await expect(release('worker-2')).rejects.toMatchObject({ message: 'worker-2 is online' });
    await expect(forget('worker-2')).rejects.toMatchObject({ kind: 'conflict' });
    two.leave();
    await until(async () => (await shown(one, 'worker-2')).state === 'offline');
    expect(await release('worker-2')).toEqual({ subnet: two.subnet });
    await until(() => !one.peers.has('worker-2'));
    await expect(release('worker-2')).rejects.toMatchObject({ message: 'worker-2 has no subnet' });
    expect(await forget('worker-2')).toEqual({ subnet: '', revoked: true });
    expect((await one.listAgents()).agents.map(({ name }) => name)).toEqual(['worker-1']);
    await expect(forget('worker-2')).rejects.toMatchObject({ kind: 'not-found' });
    expect((await TestAgent.join('worker-3')).subnet).toBe(two.subnet);
  });

  it('revokes with a receipt that counts whoever asks by heartbeats as online, and not as away', async () => {
    const [one, old] = [await TestAgent.join('worker-1'), await TestAgent.join('old')];
    await until(() => one.peers.has('old'));
    old.stream.cancel();
    await until(async () => (await shown(one, 'old')).state === 'offline');
    await callUnary(
      old.connection.engine,
      'heartbeat',
      HeartbeatRequest.create(),
      old.connection.metadata(),
      CALL_MS,
    );
    expect(await shown(one, 'old')).toMatchObject({ state: 'online' });
    one.leave();
    expect(await revoke('worker-1', 100)).toMatchObject({ applied: [], pending: ['old'], offline: [] });
  });

  it('revokes with a receipt that says why of those who have answered, and have not applied it', async () => {
    const agents = new Map<string, TestAgent>();
    for (const name of ['worker-1', 'refuser', 'holder', 'silent'])
      agents.set(name, await TestAgent.join(name));
    const says = (name: string, ack: Partial<SyncAck>) =>
      agents.get(name)!.stream.write({
        message: { $case: 'ack', value: { storeId: '', revision: 0, refused: '', held: false, ...ack } },
      });
    says('refuser', { refused: 'its route\n10.201.7.0/24 is in the way' });
    says('holder', { held: true });
    const status = () => callUnary(engine.admin, 'engineStatus', {}, new Metadata(), CALL_MS);
    await until(async () => (await status()).holding.includes('holder'));
    await until(async () => (await shown(agents.get('silent')!, 'refuser')).refused !== '');
    const receipt = await revoke('worker-1', 100);
    expect(receipt).toMatchObject({ applied: [], pending: ['holder', 'refuser', 'silent'] });
    expect(receipt.refused).toEqual([
      { name: 'holder', why: 'it holds the network of another store until `banyan-engine adopt`' },
      { name: 'refuser', why: 'its route?10.201.7.0/24 is in the way' },
    ]);
  });

  it('revokes with a receipt: who has applied it, who has not, and who was away', async () => {
    const agents = new Map<string, TestAgent>();
    for (const name of ['worker-1', 'prompt', 'silent', 'away']) agents.set(name, await TestAgent.join(name));
    const { prompt, silent } = { prompt: agents.get('prompt')!, silent: agents.get('silent')! };
    agents.get('away')!.leave();
    await until(async () => (await shown(prompt, 'away')).state === 'offline');
    // Whoever hears of it says so; the silent one has said so of what came before.
    for (const agent of [prompt, silent]) agent.ack();
    prompt.stream.on('data', () => prompt.ack());
    const receipt = await revoke('worker-1', 6_000);
    expect(receipt).toMatchObject({ applied: ['prompt'], pending: ['silent'], offline: ['away'] });
    expect(receipt.elapsedMs).toBeGreaterThanOrEqual(5_900);
    silent.stream.on('data', () => silent.ack());
    silent.ack();
    const next = await revoke('away', RECEIPT_MS);
    expect(next).toMatchObject({ applied: ['prompt', 'silent'], pending: [], offline: [] });
    expect(next.elapsedMs).toBeLessThan(RECEIPT_MS);
  });

  it('revokes behind a rotation whichever key the file held, with a receipt for it', async () => {
    const watcher = await TestAgent.join('worker-2');
    watcher.stream.on('data', () => watcher.ack());
    const moving = await TestAgent.join('worker-1');
    await until(() => watcher.peers.has('worker-1'));
    // Offline it has no hosts to wait for, so that the file is changed at once.
    moving.stream.cancel();
    await until(async () => (await shown(watcher, 'worker-1')).state === 'offline');
    const fresh = generateKey();
    const watch = new AbortController();
    const turns = watchFiles(engine.keysDir, { signal: watch.signal });
    const rotated = requestRotation(moving.connection, fresh).catch((error: unknown) => error);
    for await (const { filename } of turns) if (filename?.endsWith('.tmp')) break;
    watch.abort();
    const removed = await revoke('worker-1', RECEIPT_MS);
    expect(removed.publicKey).toBe(fresh.publicKey.text);
    expect(removed).toMatchObject({ applied: ['worker-2'], pending: [], offline: [] });
    expect([...watcher.peers.keys()]).toEqual(['worker-2']);
    // The rotation was answered before, or fails; either way nothing of it is left.
    await rotated;
    expect(engine.gate.connections.of(moving.key.publicKey)).toEqual([]);
    expect(existsSync(join(engine.keysDir, 'worker-1.pub'))).toBe(false);
  });

  it('revokes nobody of whom there is a copy, until that is removed, which revokes nobody', async () => {
    const watcher = await TestAgent.join('worker-2');
    watcher.stream.on('data', () => watcher.ack());
    const one = await TestAgent.join('worker-1');
    await until(() => watcher.peers.has('worker-1'));
    engine.drop('copy', one.key);
    const refused = { kind: 'conflict', message: expect.stringContaining('is in copy.pub too') as string };
    await expect(revoke('worker-1', RECEIPT_MS)).rejects.toMatchObject(refused);
    expect(await revoke('copy', RECEIPT_MS)).toMatchObject({
      copyOf: 'worker-1',
      connectionsClosed: 0,
      applied: [],
      pending: [],
    });
    one.leave();
    await until(async () => (await shown(watcher, 'worker-1')).state === 'offline');
    engine.drop('copy', one.key);
    await expect(forget('worker-1')).rejects.toMatchObject(refused);
    expect((await shown(watcher, 'worker-1')).state).toBe('offline');
    engine.remove('copy');
    expect(await revoke('worker-1', RECEIPT_MS)).toMatchObject({
      copyOf: '',
      applied: ['worker-2'],
      pending: [],
    });
  });

  it('needs no receipt for a key that was in no network', async () => {
    const one = await TestAgent.join('worker-1');
    const operator = generateKey();
    engine.drop('cli-1', operator);
    await until(() => engine.connect(operator).then((connection) => connection.call('status', {})));
    expect(await revoke('cli-1', RECEIPT_MS)).toMatchObject({
      applied: [],
      pending: [],
      offline: [],
      elapsedMs: 0,
    });
    one.leave();
  });

  it('adopts a store, and every agent is told', async () => {
    const one = await TestAgent.join('worker-1');
    const held = { storeId: 'lost', revision: 12, refused: '', held: true };
    one.stream.write({ message: { $case: 'ack', value: held } });
    const status = () => callUnary(engine.admin, 'engineStatus', {}, new Metadata(), CALL_MS);
    await until(async () => (await status()).holding.length > 0);
    const { storeId, told } = await callUnary(engine.admin, 'adopt', {}, new Metadata(), CALL_MS);
    expect([storeId, told]).toEqual([one.snapshot!.storeId, ['worker-1']]);
    await until(() => one.deltas.at(-1)?.adopted);
    expect((await TestAgent.join('worker-2')).snapshot?.adopted).toBe(true);
    expect(await status()).toMatchObject({ vpcCidr: '10.201.0.0/16', subnetsUsed: 2, subnetsTotal: 256 });
  });
});

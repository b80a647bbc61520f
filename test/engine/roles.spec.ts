import { once } from 'node:events';
import { Metadata, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { callUnary, fromStatus, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import type { BanyanError } from '#errors';
import { RegisterRequest, type SyncRequest, type SyncResponse } from '#protocol';
import { until } from '../lab/until.js';
import { TestClock } from '../whitelist/test-clock.js';
import { distinctKeys } from './distinct-keys.js';
import { CALL_MS, named, runningEngine, type RunningEngine } from './running-engine.js';

type Stream = ClientDuplexStream<SyncRequest, SyncResponse>;

let engine: RunningEngine;
let clock: TestClock;
let keys: PrivateKey[];

beforeAll(async () => {
  clock = new TestClock('2027-01-31T23:30:00Z');
  engine = await runningEngine('local', {}, clock.now);
  keys = distinctKeys(10);
});

afterAll(() => engine.stop());

const nextKey = (): PrivateKey => keys.pop()!;

const listed = () => callUnary(engine.admin, 'listClients', {}, new Metadata(), CALL_MS);
const clientNamed = async (name: string) => (await listed()).clients.find((client) => client.name === name);

/** A connection of a key whose file says this, once the engine has seen it. */
async function connected(name: string, key: PrivateKey, ...comments: string[]): Promise<EngineConnection> {
  engine.drop(name, key, ...comments);
  await until(async () => (await clientNamed(name))?.state === 'admitted');
  return engine.connect(key);
}

function register(connection: EngineConnection): Promise<{ name: string }> {
  const report = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1' });
  return callUnary(connection.engine, 'register', report, connection.metadata(), CALL_MS);
}

function opened(connection: EngineConnection): { stream: Stream; ended: Promise<BanyanError> } {
  const stream = connection.engine.sync(connection.metadata());
  const ended = new Promise<BanyanError>((resolve) =>
    stream.on('error', (error) => resolve(fromStatus(error as ServiceError))),
  );
  stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '1' } } });
  return { stream, ended };
}

/** Registers, and stays. */
async function online(
  connection: EngineConnection,
): Promise<{ stream: Stream; ended: Promise<BanyanError> }> {
  await register(connection);
  const session = opened(connection);
  await once(session.stream, 'data');
  return session;
}

const DENIED = {
  kind: 'forbidden',
  message: expect.stringMatching(/has the role \w+, as .*\.pub says/) as string,
};

describe('a key for an operator', () => {
  it('reads, and is no agent: neither registered, nor by a heartbeat, nor on a stream', async () => {
    const connection = await connected('cli-1', nextKey(), '# role: cli');
    expect(await connection.call('status', {})).toMatchObject({ identity: 'cli-1' });
    await expect(register(connection)).rejects.toMatchObject(DENIED);
    const beat = callUnary(
      connection.engine,
      'heartbeat',
      { agentName: '', sessionToken: '', tags: [] },
      connection.metadata(),
      CALL_MS,
    );
    await expect(beat).rejects.toMatchObject(DENIED);
    expect(await opened(connection).ended).toMatchObject({
      ...DENIED,
      remedy: expect.stringContaining('--role any') as string,
    });
    expect(await connection.call('listAgents', {})).toMatchObject({ agents: [] });
  });
});

describe('a key for an agent', () => {
  it('is an agent, and reads nothing that operators do', async () => {
    const connection = await connected('worker-1', nextKey(), '# role: agent');
    const { stream } = await online(connection);
    for (const method of ['listAgents', 'listClients', 'status'] as const) {
      await expect(connection.call(method, {})).rejects.toMatchObject(DENIED);
    }
    await expect(connection.call('listPeers', { agent: 'worker-1' })).rejects.toMatchObject(DENIED);
    stream.cancel();
  });
});

describe('a role that becomes narrower', () => {
  it('ends the open stream with the reason, and the key is no peer any more, until the role is back', async () => {
    const [operator, other] = [await connected('cli-2', nextKey(), '# role: cli'), nextKey()];
    const witness = await online(await connected('worker-2', other));
    const { storeId } = await callUnary(engine.admin, 'engineStatus', {}, new Metadata(), CALL_MS);
    const heard: SyncResponse[] = [];
    witness.stream.on('data', (response: SyncResponse) => {
      heard.push(response);
      const { message } = response;
      if (message?.$case !== 'delta') return;
      const value = { storeId, revision: message.value.revision, refused: '', held: false };
      witness.stream.write({ message: { $case: 'ack', value } });
    });
    const key = nextKey();
    const connection = await connected('worker-3', key, '# role: agent');
    const { ended } = await online(connection);
    const subnets = async (): Promise<Record<string, string>> => {
      const { agents } = await operator.call('listAgents', {});
      return Object.fromEntries(agents.map(({ name, state, subnet }) => [name, `${state} ${subnet}`]));
    };
    const before = (await subnets())['worker-3']!;
    expect(before).toMatch(/^online 10\.201\./);

    engine.drop('worker-3', key, '# role: cli');
    expect(await ended).toMatchObject({
      ...DENIED,
      message: expect.stringContaining('worker-3 has the role cli') as string,
    });
    const removed = () =>
      heard.some(
        ({ message }) => message?.$case === 'delta' && message.value.removed.includes(key.publicKey.text),
      );
    await until(removed);
    // It keeps its connection, for what it may call now, and its subnet.
    expect(await connection.call('status', {})).toMatchObject({ identity: 'worker-3' });
    expect((await subnets())['worker-3']).toBe(before.replace('online', 'offline'));
    await expect(register(connection)).rejects.toMatchObject(DENIED);

    engine.drop('worker-3', key);
    await until(() =>
      register(connection).then(
        () => true,
        () => false,
      ),
    );
    const back = await online(connection);
    expect((await subnets())['worker-3']).toBe(before);
    back.stream.cancel();
    witness.stream.cancel();
  });
});

describe('a key that expires while it is connected', () => {
  it('is cut off at that moment, as when it is revoked, and is told how it is renewed', async () => {
    const key = nextKey();
    const connection = await connected('worker-4', key, '# expires: 2027-01-31', '# note: on loan');
    const { ended } = await online(connection);
    expect((await listed()).warnings).toContainEqual(expect.stringMatching(/^worker-4 expires today/));
    clock.passUntil('2027-02-01T00:00:00Z');
    // Whatever happens in the directory is a reason to look; nothing waits for it.
    engine.drop('unrelated', nextKey());
    expect((await ended).kind).toBe('unavailable');
    expect(await clientNamed('worker-4')).toMatchObject({
      state: 'expired',
      expires: '2027-01-31',
      note: 'on loan',
      reason: expect.stringContaining('It expired at the end of 2027-01-31 (UTC)') as string,
    });
    await expect(register(await engine.connect(key))).rejects.toMatchObject({
      kind: 'unauthenticated',
      message: expect.stringContaining('of worker-4 has expired') as string,
    });
    const request = { name: 'worker-4', waitMs: 0 };
    expect(await callUnary(engine.admin, 'removeClient', request, named(''), CALL_MS)).toMatchObject({
      publicKey: key.publicKey.text,
      expired: '2027-01-31',
    });
  });
});

describe('add-client on the admin socket', () => {
  const add = (name: string, key: PrivateKey, more: object) =>
    callUnary(
      engine.admin,
      'addClient',
      { name, publicKey: key.publicKey.text, replace: false, ...more },
      new Metadata(),
      CALL_MS,
    );

  it('takes role, expiry and note, keeps them when it replaces, and refuses a day that is over', async () => {
    const [key, next] = [nextKey(), nextKey()];
    await expect(add('ada', key, { expires: '2027-01-30' })).rejects.toMatchObject({ kind: 'invalid' });
    await add('ada', key, { role: 'cli', expires: '2027-06-30', note: 'contract 12' });
    const terms = { role: 'cli', expires: '2027-06-30', note: 'contract 12', state: 'admitted' };
    expect(await clientNamed('ada')).toMatchObject({ publicKey: key.publicKey.text, ...terms });
    await add('ada', next, { replace: true });
    expect(await clientNamed('ada')).toMatchObject({ publicKey: next.publicKey.text, ...terms });
    await add('ada', next, { replace: true, role: 'any', note: '' });
    expect(await clientNamed('ada')).toMatchObject({ role: 'any', expires: '2027-06-30', note: '' });
  });
});

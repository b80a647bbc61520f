import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata, type ClientDuplexStream } from '@grpc/grpc-js';
import { callUnary, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { tunnelAddress } from '#crypto';
import { generateKey } from '#crypto/generate';
import { parseClientName, saveAdmissionRecord } from '#whitelist';
import {
  AdminServiceClient,
  EngineServiceClient,
  RegisterRequest,
  type SyncRequest,
  type SyncResponse,
} from '#protocol';
import { until } from '../lab/until.js';
import { CALL_MS, named, runningEngine, type RunningEngine } from './running-engine.js';

const REPORT = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1.2.3' });

let engine: RunningEngine;
const worker = generateKey();

beforeEach(async () => {
  engine = await runningEngine();
});

afterEach(() => engine.stop());

/** A connection of a key whose file was just dropped: the engine takes a moment to see it. */
async function admitted(name: string, key: PrivateKey): Promise<EngineConnection> {
  engine.drop(name, key);
  const connection = await engine.connect(key);
  await until(() => connection.call('status', {}), { what: `${name} is admitted` });
  return connection;
}

function register(
  connection: EngineConnection,
  report: Partial<RegisterRequest> = {},
): Promise<{ name: string }> {
  return callUnary(connection.engine, 'register', { ...REPORT, ...report }, connection.metadata(), CALL_MS);
}

async function online(connection: EngineConnection): Promise<ClientDuplexStream<SyncRequest, SyncResponse>> {
  await register(connection);
  const stream = connection.engine.sync(connection.metadata());
  stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '1.2.3' } } });
  await once(stream, 'data');
  return stream;
}

async function agents(connection: EngineConnection): Promise<string[]> {
  const list = await connection.call('listAgents', {});
  return list.agents.map(({ name, state, channel }) => [name, state, channel].join(' ').trim());
}

describe('an engine that has never read its keys directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'banyan-keys-'));
    await engine.stop();
    engine = await runningEngine('local', { whitelistedKeysDir: join(directory, 'keys') });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('revokes nobody: it says that it is not ready, and admits them as soon as the directory is there', async () => {
    const connection = await engine.connect(worker);
    await expect(register(connection)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'the engine cannot read its keys directory, and knows nobody yet',
    });
    mkdirSync(engine.keysDir);
    engine.drop('worker-1', worker);
    await until(() => register(connection));
    await expect(register(await engine.connect(generateKey()))).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
  });
});

describe('an engine that finds its keys directory empty, where it was not', () => {
  it('revokes nobody until a key is in it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'banyan-keys-'));
    try {
      const holder = { name: parseClientName('worker-1'), publicKey: worker.publicKey };
      const record = new Map([[tunnelAddress(worker.publicKey), holder]]);
      await saveAdmissionRecord(join(directory, 'first-admissions.json'), record);
      await engine.stop();
      engine = await runningEngine('local', { stateDir: directory });
      const connection = await engine.connect(worker);
      await expect(register(connection)).rejects.toMatchObject({ kind: 'unavailable' });
      const status = () => callUnary(engine.admin, 'engineStatus', {}, new Metadata(), CALL_MS);
      expect((await status()).directoryError).toContain('is empty, and 1 client was admitted before');
      engine.drop('other', generateKey());
      await until(async () => (await status()).directoryError === '');
      // The first may be about to be closed.
      await expect(register(await engine.connect(worker))).rejects.toMatchObject({ kind: 'unauthenticated' });
    } finally {
      // Its last words are written there.
      await engine.stop();
      rmSync(directory, { recursive: true });
      engine = await runningEngine();
    }
  });
});

describe('an admitted component', () => {
  it('is who its file says, whatever it reports', async () => {
    const connection = await admitted('worker-1', worker);
    expect(await register(connection, { agentName: 'somebody-else' })).toMatchObject({ name: 'worker-1' });
    expect(await connection.call('status', {})).toMatchObject({ identity: 'worker-1', channel: 'loopback' });
  });

  it('is online from its hello until its stream ends', async () => {
    const connection = await admitted('worker-1', worker);
    const stream = await online(connection);
    expect(await agents(connection)).toEqual(['worker-1 online loopback']);
    stream.on('error', () => undefined).cancel();
    await until(async () => (await agents(connection)).includes('worker-1 offline'));
  });

  it('loses connection, stream and presence as soon as its file is removed', async () => {
    const operator = await admitted('cli-1', generateKey());
    const stream = await online(await admitted('worker-1', worker));
    const failed = once(stream, 'error');
    engine.remove('worker-1');
    await failed;
    expect(await agents(operator)).toEqual(['worker-1 offline']);
  });

  it('keeps its connection when its file is renamed, and has the new name', async () => {
    const connection = await admitted('worker-1', worker);
    const stream = await online(connection);
    renameSync(`${engine.keysDir}/worker-1.pub`, `${engine.keysDir}/web-1.pub`);
    await until(async () => (await connection.call('status', {})).identity === 'web-1');
    expect(await agents(connection)).toEqual(['web-1 online loopback']);
    stream.on('error', () => undefined).cancel();
  });
});

describe('anybody else', () => {
  it('learns from Health which engine this is, without a key', async () => {
    const plain = new EngineServiceClient(`127.0.0.1:${engine.port}`, credentials.createInsecure());
    const health = await callUnary(plain, 'health', {}, new Metadata(), CALL_MS);
    expect(health).toMatchObject({ status: 'ok', publicKey: engine.key.publicKey.text });
    plain.close();
  });

  it('is told the line that would admit it, when it proves a key that is not listed', async () => {
    const connection = await engine.connect(worker);
    // Together: who is refused is closed a second later.
    await Promise.all([
      expect(connection.call('status', {})).rejects.toMatchObject({
        kind: 'unauthenticated',
        remedy: `On the engine: sudo banyan-engine add-client --name NAME --pubkey '${worker.publicKey.text}' --role cli`,
      }),
      expect(register(connection)).rejects.toMatchObject({ kind: 'unauthenticated' }),
    ]);
  });

  it('cannot open a stream, and does not harm the engine by trying', async () => {
    const connection = await engine.connect(worker);
    const stream = connection.engine.sync(connection.metadata());
    const [error] = (await once(stream, 'error')) as [{ code: number }];
    expect(error.code).toBe(16);
    const again = await engine.connect(worker);
    await expect(again.call('status', {})).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('cannot act under a key it did not prove by naming it in the header', async () => {
    await admitted('worker-1', worker);
    const stranger = await engine.connect(generateKey());
    const asked = callUnary(stranger.operator, 'status', {}, named(worker.publicKey.text), CALL_MS);
    await expect(asked).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('cannot reach the admin service from the network, admitted or not', async () => {
    const connection = await admitted('worker-1', worker);
    const admin = new AdminServiceClient('x', credentials.createInsecure(), {
      channelOverride: connection.engine.getChannel(),
    });
    await expect(callUnary(admin, 'engineStatus', {}, connection.metadata(), CALL_MS)).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  it('is told which field of a report is wrong, and never the value', async () => {
    const connection = await admitted('worker-1', worker);
    const secret = 'private\u001b[2Jvalue';
    await expect(register(connection, { version: secret })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.not.stringContaining('private') as string,
    });
    await expect(register(connection, { tags: Array.from({ length: 33 }, String) })).rejects.toThrow(/tags/);
    await expect(register(connection, { protocolVersion: 99 })).rejects.toMatchObject({
      remedy: expect.stringContaining('Upgrade') as string,
    });
  });
});

describe('a component that opens a stream without having registered', () => {
  it('is told so, and the engine goes on', async () => {
    const connection = await admitted('worker-1', worker);
    const stream = connection.engine.sync(connection.metadata());
    const failed = once(stream, 'error') as Promise<[{ code: number }]>;
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '' } } });
    expect((await failed)[0].code).toBe(5);
    expect(await connection.call('status', {})).toMatchObject({ identity: 'worker-1' });
  });
});

describe('a plain connection as root on loopback', () => {
  it('acts for the key it names, and ends with it', async () => {
    await admitted('worker-1', worker);
    const plain = new EngineServiceClient(`127.0.0.1:${engine.port}`, credentials.createInsecure());
    const report = callUnary(plain, 'register', REPORT, named(worker.publicKey.text), CALL_MS);
    expect(await report).toMatchObject({ name: 'worker-1' });
    const stream = plain.sync(named(worker.publicKey.text));
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '' } } });
    await once(stream, 'data');
    const failed = once(stream, 'error');
    engine.remove('worker-1');
    await failed;
    plain.close();
  });
});

describe('the admin socket', () => {
  const status = () => callUnary(engine.admin, 'engineStatus', {}, new Metadata(), CALL_MS);

  it('is for its owner alone', () => {
    expect(statSync(engine.adminSocket).mode & 0o777).toBe(0o600);
  });

  it('warns of a keys directory that others can write to', async () => {
    const open = [expect.stringContaining('every user can write to the keys directory') as string];
    expect((await status()).warnings).toEqual([]);
    chmodSync(engine.keysDir, 0o777);
    await until(async () => (await status()).warnings.length > 0);
    expect((await status()).warnings).toEqual(open);
    const listed = await callUnary(engine.admin, 'listClients', {}, new Metadata(), CALL_MS);
    expect(listed.warnings).toEqual(open);
  });

  it('adds, awaits, lists and removes a client', async () => {
    const added = await callUnary(
      engine.admin,
      'addClient',
      { name: 'worker-1', publicKey: worker.publicKey.text, replace: false },
      new Metadata(),
      CALL_MS,
    );
    expect(added.fingerprint).toBe(worker.publicKey.fingerprint);
    const request = { name: 'worker-1', timeoutMs: CALL_MS / 2 };
    const connecting = engine.connect(worker);
    const [awaited] = await Promise.all([
      callUnary(engine.admin, 'awaitClient', request, new Metadata(), CALL_MS),
      connecting.then((connection) => connection.call('status', {})),
    ]);
    expect(awaited).toMatchObject({ connected: true, channel: 'loopback' });
    const connection = await connecting;
    const removed = await callUnary(
      engine.admin,
      'removeClient',
      { name: 'worker-1', waitMs: 0 },
      new Metadata(),
      CALL_MS,
    );
    expect(removed).toMatchObject({ publicKey: worker.publicKey.text, connectionsClosed: 1, applied: [] });
    await expect(connection.call('status', {})).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('says that nobody came', async () => {
    engine.drop('worker-1', worker);
    await until(async () => (await status()).clientsAdmitted === 1);
    const awaited = callUnary(
      engine.admin,
      'awaitClient',
      { name: 'worker-1', timeoutMs: 50 },
      new Metadata(),
      CALL_MS,
    );
    expect(await awaited).toMatchObject({ connected: false });
  });

  it('has no say in what needs an identity', async () => {
    const operator = new EngineServiceClient('x', credentials.createInsecure(), {
      channelOverride: engine.admin.getChannel(),
    });
    await expect(
      callUnary(operator, 'register', REPORT, named(worker.publicKey.text), CALL_MS),
    ).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
  });
});

describe('the end of the engine', () => {
  it('tells open streams, and waits for nobody who has one', async () => {
    const stream = await online(await admitted('worker-1', worker));
    const failed = once(stream, 'error') as Promise<[{ code: number }]>;
    const started = Date.now();
    await engine.stop();
    expect((await failed)[0].code).toBe(14);
    expect(Date.now() - started).toBeLessThan(30_000);
    engine = await runningEngine();
  });
});

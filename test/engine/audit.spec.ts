import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { callUnary, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { OperatorServiceClient, RegisterRequest, type PendingKey, type SyncResponse } from '#protocol';
import { parseLine, type Entry } from '../../apps/engine/src/audit/chain.js';
import { lastLines, verifyLog } from '../../apps/engine/src/audit/read-log.js';
import { until } from '../lab/until.js';
import { killedWriter } from '../store/killed-writer.js';
import { distinctKeys } from './distinct-keys.js';
import { CALL_MS, named, runningEngine, type RunningEngine } from './running-engine.js';

const REPORT = RegisterRequest.fromPartial({ protocolVersion: 1, version: '1.2.3' });
const [worker, witness, moved, operator] = distinctKeys(4) as [
  PrivateKey,
  PrivateKey,
  PrivateKey,
  PrivateKey,
];

let engine: RunningEngine;
let stateDir: string;
let isRunning: boolean;

async function start(...[headerAuth, changes]: Parameters<typeof runningEngine>): Promise<void> {
  engine = await runningEngine(headerAuth, { stateDir, ...changes });
  isRunning = true;
}

async function stop(): Promise<void> {
  isRunning = false;
  await engine.stop();
}

beforeEach(() => {
  isRunning = false;
  stateDir = mkdtempSync(join(tmpdir(), 'banyan-state-'));
});

afterEach(async () => {
  if (isRunning) await stop();
  rmSync(stateDir, { recursive: true });
});

async function said(): Promise<Entry[]> {
  return (await lastLines(join(stateDir, 'audit'), '', 1_000)).lines.map((line) => parseLine(line)!);
}

/** Waits until the log has an event of somebody. */
function has(event: string, name?: string): Promise<Entry> {
  const find = async () =>
    (await said()).find((entry) => entry.event === event && (!name || entry.fields['name'] === name));
  return until(find, { what: `the audit log has ${event} of ${name}` });
}

const admin = <M extends 'addClient' | 'removeClient' | 'adopt' | 'forget' | 'listPending' | 'release'>(
  method: M,
  request: Parameters<RunningEngine['admin'][M]>[0],
): Promise<unknown> => callUnary(engine.admin, method, request as never, new Metadata(), CALL_MS);

const pending = async (): Promise<PendingKey[]> =>
  ((await admin('listPending', {})) as { keys: PendingKey[] }).keys;

async function refused(connection: EngineConnection): Promise<void> {
  await expect(connection.call('status', {})).rejects.toMatchObject({ kind: 'unauthenticated' });
}

/** An agent that applies whatever it is told. Settles when it is in the network. */
async function online(key: PrivateKey): Promise<void> {
  const connection = await engine.connect(key);
  await until(() => callUnary(connection.engine, 'register', REPORT, connection.metadata(), CALL_MS));
  const stream = connection.engine.sync(connection.metadata());
  let storeId = '';
  const heard = new Promise<void>((resolve) => {
    stream.on('data', ({ message }: SyncResponse) => {
      if (message?.$case !== 'snapshot' && message?.$case !== 'delta') return;
      const { revision } = message.value;
      if (message.$case === 'snapshot') storeId = message.value.storeId;
      const value = { storeId, revision, refused: '', held: false };
      stream.write({ message: { $case: 'ack', value } });
      const told = message.$case === 'snapshot' ? message.value.peers : message.value.changed;
      if (told.some(({ publicKey }) => publicKey === key.publicKey.text)) resolve();
    });
  });
  stream.on('error', () => undefined);
  stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '1.2.3' } } });
  await heard;
}

describe('an engine', () => {
  it('puts its whole story down in the audit log, and keeps strangers apart from it', async () => {
    await start('anywhere');
    // For later: the engine looks every few seconds.
    chmodSync(engine.keysDir, 0o777);

    const stranger = await engine.connect(worker);
    // Together: who is refused is closed a second later, and a connection counts once.
    await Promise.all([refused(stranger), refused(stranger)]);
    expect(await pending()).toEqual([
      {
        ...{ publicKey: worker.publicKey.text, fingerprint: worker.publicKey.fingerprint, times: 1 },
        ...{ address: '127.0.0.1', channel: 'loopback', formerName: '', role: 'cli' },
        ...{ firstSeenMs: expect.any(Number) as number, lastSeenMs: expect.any(Number) as number },
      },
    ]);
    await admin('addClient', { name: 'worker-1', publicKey: worker.publicKey.text, replace: false });
    expect(await pending()).toEqual([]);
    engine.drop('witness', witness);
    await has('client.admitted', 'witness');
    engine.drop('before', moved);
    await has('client.admitted', 'before');
    renameSync(join(engine.keysDir, 'before.pub'), join(engine.keysDir, 'after.pub'));
    await has('client.renamed', 'after');

    await online(witness);
    await online(worker);
    await admin('removeClient', { name: 'worker-1', waitMs: CALL_MS / 2 });
    await has('client.revocation_receipt', 'worker-1');
    await refused(await engine.connect(worker));
    expect(await pending()).toMatchObject([{ formerName: 'worker-1', times: 1 }]);
    await admin('addClient', {
      name: 'cli-1',
      publicKey: operator.publicKey.text,
      replace: false,
      role: 'cli',
    });
    const denied = await engine.connect(operator);
    for (let times = 0; times < 2; times++) {
      await expect(
        callUnary(denied.engine, 'register', REPORT, denied.metadata(), CALL_MS),
      ).rejects.toMatchObject({ kind: 'forbidden' });
    }
    await admin('adopt', {});
    await admin('forget', { name: 'worker-1' });
    engine.remove('after');
    await has('client.revoked', 'after');
    await until(async () => (await said()).filter(({ event }) => event === 'security.weakened').length === 2);
    await stop();

    const story = await said();
    const late = ({ event }: Entry): boolean => event === 'security.weakened';
    expect(story.filter(late).map(({ fields }) => fields['setting'])).toEqual([
      'header_auth',
      'whitelisted_keys_dir',
    ]);
    expect(story.filter((entry) => !late(entry)).map(({ event, fields }) => [event, fields])).toMatchObject([
      ['engine.started', { version: 'test', fingerprint: engine.key.publicKey.fingerprint, clients: 0 }],
      [
        'client.admitted',
        {
          ...{ name: 'worker-1', by: 'admin socket', public_key: worker.publicKey.text },
          fingerprint: worker.publicKey.fingerprint,
        },
      ],
      ['client.admitted', { name: 'witness', by: 'file' }],
      ['client.admitted', { name: 'before', by: 'file' }],
      ['client.renamed', { name: 'after', from: 'before', by: 'file' }],
      ['client.revoked', { name: 'worker-1', by: 'admin socket', why: 'its file is gone' }],
      ['client.revocation_receipt', { name: 'worker-1', applied: 1, pending: [], offline: [] }],
      ['client.admitted', { name: 'cli-1', terms: 'role cli', by: 'admin socket' }],
      ['role.denied', { name: 'cli-1', role: 'cli', rpc: 'register', address: '127.0.0.1' }],
      ['store.adopted', { by: 'admin socket' }],
      ['agent.forgotten', { name: 'worker-1', subnet: '10.201.1.0/24', by: 'admin socket' }],
      ['client.revoked', { name: 'after', by: 'file' }],
      ['engine.stopped', {}],
    ]);
    expect((await verifyLog(join(stateDir, 'audit'))).fault).toBeUndefined();

    const texts = readdirSync(join(stateDir, 'audit')).map((name) =>
      readFileSync(join(stateDir, 'audit', name), 'utf8'),
    );
    expect(texts.join('')).toContain('"reason":"key not on the whitelist","count":');
    for (const key of [engine.key, worker, witness, moved, operator]) {
      expect(texts.join('')).not.toContain(key.reveal());
    }
  });

  it('lists no key that only names itself, and none while it does not know who is admitted', async () => {
    const whitelistedKeysDir = join(stateDir, 'keys');
    await start('anywhere', { whitelistedKeysDir });
    const stranger = await engine.connect(worker);
    await expect(stranger.call('status', {})).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await pending()).toEqual([]);
    await stop();
    await start('anywhere');
    const plain = new OperatorServiceClient(`127.0.0.1:${engine.port}`, credentials.createInsecure());
    await expect(callUnary(plain, 'status', {}, named(worker.publicKey.text), CALL_MS)).rejects.toMatchObject(
      {
        kind: 'unauthenticated',
      },
    );
    plain.close();
    expect(await pending()).toEqual([]);
  });

  it('puts down at its start what has changed while it was stopped', async () => {
    const whitelistedKeysDir = join(stateDir, 'keys');
    mkdirSync(whitelistedKeysDir);
    await start('local', { whitelistedKeysDir });
    engine.drop('worker-1', worker);
    engine.drop('before', moved);
    await has('client.admitted', 'worker-1');
    await has('client.admitted', 'before');
    await stop();
    engine.drop('witness', witness);
    engine.remove('worker-1');
    renameSync(join(whitelistedKeysDir, 'before.pub'), join(whitelistedKeysDir, 'after.pub'));
    await start('local', { whitelistedKeysDir });
    await has('client.admitted', 'witness');
    const late = { by: 'file', while_stopped: true };
    // Each engine of this test has a key of its own.
    expect(await has('engine.key_rotated')).toMatchObject({ fields: { taught: false, while_stopped: true } });
    expect((await said()).slice(-3).map(({ event, fields }) => [event, fields])).toMatchObject([
      ['client.revoked', { name: 'worker-1', ...late }],
      ['client.renamed', { name: 'after', from: 'before', ...late }],
      ['client.admitted', { name: 'witness', ...late }],
    ]);
    await refused(await engine.connect(worker));
    expect(await pending()).toMatchObject([{ formerName: 'worker-1' }]);
  });
});

describe('an audit log whose writer is killed at any moment', () => {
  it('has every line that was said to be written, and goes on', async () => {
    const directory = join(stateDir, 'killed');
    for (let round = 0; round < 6; round++) {
      const lines = await killedWriter(
        join(import.meta.dirname, '../../dist/test/engine/audit-writer.js'),
        directory,
        60,
      );
      const [seq, hash] = lines.at(-1)!.split(' ');
      const { fault, expectedAt } = await verifyLog(directory, hash);
      expect(fault).toBeUndefined();
      expect(expectedAt).toBe(Number(seq));
    }
    expect(existsSync(join(directory, 'lock'))).toBe(true);
  });
});

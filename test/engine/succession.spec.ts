import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { callUnary, learnEngineKey, openEngine, type EngineConnection } from '#channel';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { SILENT } from '#log';
import { RegisterRequest, type EngineKeyReport, type SyncResponse } from '#protocol';
import { PreviousKeyFile } from '../../apps/engine/src/keys/previous-key-file.js';
import { until } from '../lab/until.js';
import { CALL_MS, runningEngine, type RunningEngine } from './running-engine.js';

const [ada, ben] = [generateKey(), generateKey()];
const next = generateKey();

let engine: RunningEngine;
beforeEach(async () => {
  engine = await runningEngine();
});
afterEach(() => engine.stop());

const ask = (method: 'takeEngineKey' | 'forgetEngineKey'): Promise<EngineKeyReport> =>
  callUnary(engine.admin, method, {}, new Metadata(), CALL_MS);
const status = () => callUnary(engine.admin, 'engineStatus', {}, new Metadata(), CALL_MS);

async function admitted(name: string, key: PrivateKey): Promise<EngineConnection> {
  engine.drop(name, key);
  const connection = await engine.connect(key);
  await until(() => connection.call('status', {}), { what: `${name} is admitted` });
  return connection;
}

/** What `banyan-engine rotate` writes. */
async function writeFiles({ taught = true } = {}): Promise<void> {
  const directory = dirname(engine.adminSocket);
  writeFileSync(join(directory, 'banyan.yaml'), `engine:\n  wg_private_key: "${next.reveal()}"\n`, {
    mode: 0o600,
  });
  if (!taught) return;
  const file = new PreviousKeyFile(directory);
  await file.write({ privateKey: engine.key, successor: next.publicKey, learned: new Set() });
}

async function learn(connection: EngineConnection, key: PrivateKey): Promise<void> {
  await connection.call('status', {});
  const mine = {
    engineHost: '127.0.0.1',
    enginePort: engine.port,
    engineWgPort: 51821,
    privateKey: key,
    engineKey: engine.key.publicKey,
    stateDir: '',
  };
  // The engine has three seconds to confirm it; an agent tries again.
  await until(() => learnEngineKey(connection, mine, () => Promise.resolve()));
  (await openEngine({ ...mine, engineKey: next.publicKey }, SILENT)).close();
}

describe('an engine whose key is renewed', () => {
  it('answers by the previous one until everybody who is admitted has learned the new one', async () => {
    const [first, second] = [await admitted('ada', ada), await admitted('ben', ben)];
    await writeFiles();
    expect(await ask('takeEngineKey')).toEqual({
      fingerprint: next.publicKey.fingerprint,
      previousFingerprint: engine.key.publicKey.fingerprint,
      answersByPrevious: true,
      learned: [],
      notLearned: ['ada', 'ben'],
    });
    await learn(first, ada);
    expect(await status()).toMatchObject({
      publicKey: next.publicKey.text,
      previousFingerprint: engine.key.publicKey.fingerprint,
      notLearned: ['ben'],
    });
    await learn(second, ben);
    await until(async () => (await status()).previousFingerprint === '', { what: 'it is destroyed' });
    await expect(first.call('status', {})).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(engine.connect(ada)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('waits for nobody who was revoked', async () => {
    await learnt();
    engine.remove('ben');
    await until(async () => (await status()).previousFingerprint === '', { what: 'it is destroyed' });
  });

  it('waits for a client whose file turned bad, which learns it when the file is mended', async () => {
    const second = await learnt();
    await spoil();
    // Of a decision that comes later there would be a trace in the next answers.
    for (let asked = 0; asked < 5; asked += 1) expect((await status()).notLearned).toEqual(['ben']);
    engine.drop('ben', ben);
    const again = await until(() => admitted('ben', ben));
    second.close();
    await learn(again, ben);
    await until(async () => (await status()).previousFingerprint === '', { what: 'it is destroyed' });
  });

  it('does not wait for a bad file once it is removed', async () => {
    await learnt();
    await spoil();
    engine.remove('ben');
    await until(async () => (await status()).previousFingerprint === '', { what: 'it is destroyed' });
  });

  it('forgets the previous one when it is told to, and says who is left', async () => {
    await learnt();
    expect(await ask('forgetEngineKey')).toMatchObject({
      answersByPrevious: false,
      learned: ['ada'],
      notLearned: ['ben'],
    });
    await expect(engine.connect(ben)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(ask('forgetEngineKey')).rejects.toMatchObject({ kind: 'not-found' });
    const audit = await until(
      () => {
        const directory = join(dirname(engine.adminSocket), 'audit');
        const lines = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
        return lines.join('').includes('engine.key_destroyed') && lines.join('');
      },
      { what: 'the audit log has it' },
    );
    expect(audit).toMatch(/engine\.key_rotated.*"taught":true[^]*engine\.key_destroyed.*\["ben"\]/);
    expect(audit).not.toContain(next.reveal());
  });

  it('takes one that nobody is to learn at once, and cuts everybody off', async () => {
    const first = await admitted('ada', ada);
    await writeFiles({ taught: false });
    expect(await ask('takeEngineKey')).toMatchObject({
      answersByPrevious: false,
      learned: [],
      notLearned: [],
    });
    await expect(first.call('status', {})).rejects.toMatchObject({ kind: 'unavailable' });
    expect(first.newKey).toBeUndefined();
    await expect(engine.connect(ada)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('tells an open stream of it after its welcome, and ends it when the tunnel changes', async () => {
    const connection = await admitted('ada', ada);
    await callUnary(
      connection.engine,
      'register',
      RegisterRequest.fromPartial({ protocolVersion: 1 }),
      connection.metadata(),
      CALL_MS,
    );
    const stream = connection.engine.sync(connection.metadata());
    const received: string[] = [];
    stream.on('data', ({ message }: SyncResponse) => {
      received.push(message?.$case === 'engineKey' ? message.value.publicKey : (message?.$case ?? ''));
    });
    const ended = new Promise<Error>((resolve) => stream.once('error', resolve));
    await callUnary(connection.engine, 'health', {}, connection.metadata(), CALL_MS);
    await writeFiles();
    const taken = ask('takeEngineKey');
    await until(async () => (await status()).previousFingerprint !== '', { what: 'the key is another' });
    stream.write({ message: { $case: 'hello', value: { protocolVersion: 1, version: '' } } });
    await until(() => received.includes(next.publicKey.text), { what: 'the stream is told' });
    expect(received[0]).toBe('welcome');
    expect((await ended).message).toContain('the control tunnel changes to the new key');
    expect(await taken).toMatchObject({ notLearned: ['ada'] });
  });

  it('has no use for being told twice', async () => {
    await admitted('ada', ada);
    await writeFiles();
    const first = await ask('takeEngineKey');
    expect(await ask('takeEngineKey')).toEqual(first);
  });

  it('admits nobody by its new key, as by its own before', async () => {
    await admitted('ada', ada);
    await writeFiles();
    await ask('takeEngineKey');
    engine.drop('engine', next);
    const clients = await until(
      async () => {
        const { clients } = await callUnary(engine.admin, 'listClients', {}, new Metadata(), CALL_MS);
        return clients.some(({ name }) => name === 'engine') ? clients : undefined;
      },
      { what: 'the file is read' },
    );
    expect(clients.find(({ name }) => name === 'engine')).toMatchObject({ state: 'invalid' });
  });

  /** A slip of an editor, after the moment that a bad file has. */
  async function spoil(): Promise<void> {
    writeFileSync(join(engine.keysDir, 'ben.pub'), 'a slip');
    const isSpoilt = async () => {
      const { clients } = await callUnary(engine.admin, 'listClients', {}, new Metadata(), CALL_MS);
      return clients.some(({ name, state }) => name === 'ben' && state === 'invalid');
    };
    await until(isSpoilt, { what: 'the file is no key' });
  }

  /** With a client that has learned, and one that has not, whose connection it returns. */
  async function learnt(): Promise<EngineConnection> {
    const first = await admitted('ada', ada);
    const second = await admitted('ben', ben);
    await writeFiles();
    await ask('takeEngineKey');
    await learn(first, ada);
    expect((await status()).notLearned).toEqual(['ben']);
    return second;
  }
});

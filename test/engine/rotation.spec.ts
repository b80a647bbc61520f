import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { callUnary, type EngineConnection } from '#channel';
import { rotationProof, tunnelAddress, type PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { PROTOCOL_VERSION, RegisterRequest, RotationServiceClient, type SyncResponse } from '#protocol';
import { finishRotation, requestRotation, rotateHere, SpareKey } from '#rotation';
import { systemClock } from '#whitelist';
import { until } from '../lab/until.js';
import { distinctKeys } from './distinct-keys.js';
import { CALL_MS, named, runningEngine, type RunningEngine } from './running-engine.js';

const HELLO = { protocolVersion: PROTOCOL_VERSION, version: 'test' };
const REGISTER = RegisterRequest.fromPartial(HELLO);
const NONE = Buffer.alloc(0);

let engine: RunningEngine;
let old: PrivateKey;
let fresh: PrivateKey;
let other: PrivateKey;
/** Has the tunnel address of `other`. */
let twin: PrivateKey;
let connection: EngineConnection;

const path = (name = 'worker-1') => join(engine.keysDir, `${name}.pub`);
const file = () => readFileSync(path(), 'utf8');
const admitted = async (key: PrivateKey): Promise<boolean> => {
  const { clients } = await callUnary(engine.admin, 'listClients', {}, named(''), CALL_MS);
  return clients.some(({ publicKey, state }) => publicKey === key.publicKey.text && state === 'admitted');
};
const listed = async (): Promise<string[]> => {
  const { clients } = await callUnary(engine.admin, 'listClients', {}, named(''), CALL_MS);
  return clients.map(({ name, state }) => `${name} ${state}`);
};
const becomes = (key: PrivateKey) => until(() => admitted(key), { what: 'this key is admitted' });
const begin = (key: PrivateKey, on = connection) =>
  callUnary(on.rotation, 'beginRotation', { newPublicKey: key.publicKey.text }, on.metadata(), CALL_MS);
const confirm = (nonce: Uint8Array, proof: Uint8Array, on = connection) =>
  callUnary(
    on.rotation,
    'confirmRotation',
    { nonce: Buffer.from(nonce), proof: Buffer.from(proof) },
    on.metadata(),
    CALL_MS,
  );
/** As the holder of `by` would prove that `fresh` is to follow `old`. */
const proof = (nonce: Uint8Array, by = fresh, name = 'worker-1') =>
  rotationProof(by, {
    nonce,
    name,
    from: old.publicKey,
    to: by.publicKey,
    engine: engine.key.publicKey,
  });

async function start(...args: Parameters<typeof runningEngine>): Promise<void> {
  engine = await runningEngine(...args);
  [old, fresh] = distinctKeys(2) as [PrivateKey, PrivateKey];
  engine.drop('worker-1', old);
  engine.drop('worker-2', other);
  await becomes(old);
  await becomes(other);
  connection = await engine.connect(old);
}

beforeAll(() => {
  [other, twin] = collidingKeys();
});
afterEach(() => engine?.stop());

describe('a key that rotates', () => {
  beforeEach(() => start());

  it('is replaced in its file, with all else in it as it was', async () => {
    const text = `# role: agent\r\n\n  "${old.publicKey.text}" \r\n${engine.key.publicKey.text}\n# note: née ${old.publicKey.text}\n`;
    writeFileSync(path(), text);
    chmodSync(path(), 0o640);
    await becomes(old);
    expect(await requestRotation(connection, fresh)).toMatchObject({ kind: 'in force', name: 'worker-1' });
    expect(file()).toBe(text.replace(`"${old.publicKey.text}"`, `"${fresh.publicKey.text}"`));
    expect(statSync(path()).mode & 0o777).toBe(0o640);
    expect(await admitted(fresh)).toBe(true);
    expect(await admitted(old)).toBe(false);
  });

  const isOld = ({ publicKey }: { publicKey: string }) => publicKey === old.publicKey.text;

  it('loses its connections once the new one works, and is refused from the answer on', async () => {
    await callUnary(connection.engine, 'register', REGISTER, connection.metadata(), CALL_MS);
    const stream = connection.engine.sync(connection.metadata());
    const ended = once(stream, 'error');
    const heard: string[] = [];
    let inNetwork = false;
    stream.on('data', ({ message }: SyncResponse) => {
      heard.push(message!.$case);
      if (message?.$case === 'snapshot') inNetwork ||= message.value.peers.some(isOld);
      if (message?.$case === 'delta') inNetwork ||= message.value.changed.some(isOld);
      if (message?.$case !== 'keyMove') return;
      const value = { move: message.value.move, tookMs: 0 };
      stream.write({ message: { $case: 'keyMoveReady', value } });
    });
    stream.write({ message: { $case: 'hello', value: HELLO } });
    await until(() => inNetwork, { what: 'the agent is in the network' });
    heard.length = 0;
    await requestRotation(connection, fresh);
    await expect(connection.call('status', {})).rejects.toMatchObject({ kind: 'unauthenticated' });
    const next = await engine.connect(fresh);
    expect(await finishRotation(next)).toBe('worker-1');
    await ended;
    // By this stream nobody hears that the old key is gone, and takes it for a subnet that was released.
    expect(heard).toEqual(['keyMove', 'keyMoveOrder']);
    expect(await next.call('status', {})).toMatchObject({ identity: 'worker-1' });
  });

  it('is refused to who rotates without end, and the key in force stays', async () => {
    let last = connection;
    for (let round = 0; round < 12; round += 1) {
      const next = generateKey();
      await requestRotation(last, next);
      last = await engine.connect(next);
      await finishRotation(last);
    }
    await expect(requestRotation(last, generateKey())).rejects.toMatchObject({ kind: 'exhausted' });
    expect(await last.call('status', {})).toMatchObject({ identity: 'worker-1' });
  });

  it('is not given to who proves another key, or nothing, and one attempt is all there is', async () => {
    const { nonce } = await begin(fresh);
    await expect(confirm(nonce, proof(nonce, other))).rejects.toMatchObject({
      kind: 'forbidden',
      message: 'the new key was not proven',
    });
    await expect(confirm(nonce, proof(nonce))).rejects.toMatchObject({ kind: 'forbidden' });
    const again = await begin(fresh);
    await expect(confirm(again.nonce, NONE)).rejects.toMatchObject({ kind: 'forbidden' });
    const third = await begin(fresh);
    await expect(confirm(third.nonce, proof(third.nonce, fresh, 'worker-2'))).rejects.toMatchObject({
      kind: 'forbidden',
    });
    expect(file()).toBe(`${old.publicKey.text}\n`);
  });

  it('is bound to the nonce of its own connection: an earlier and a foreign one are refused', async () => {
    const first = await begin(fresh);
    const second = await begin(fresh);
    await expect(confirm(first.nonce, proof(first.nonce))).rejects.toMatchObject({ kind: 'forbidden' });
    const elsewhere = await engine.connect(old);
    const { nonce } = await begin(fresh, elsewhere);
    expect(nonce).not.toEqual(second.nonce);
    await expect(confirm(nonce, proof(nonce))).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(confirm(nonce, proof(nonce), await engine.connect(other))).rejects.toMatchObject({
      kind: 'forbidden',
    });
    expect(await admitted(old)).toBe(true);
  });

  it('cannot become one that somebody has, nor one that is no key', async () => {
    await expect(begin(other)).rejects.toMatchObject({ kind: 'conflict', message: /listed already/ });
    await expect(begin(old)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(begin(engine.key)).rejects.toMatchObject({ kind: 'invalid' });
    const lowOrder = Buffer.alloc(32).toString('base64');
    await expect(
      callUnary(
        connection.rotation,
        'beginRotation',
        { newPublicKey: lowOrder },
        connection.metadata(),
        CALL_MS,
      ),
    ).rejects.toMatchObject({ kind: 'invalid', message: /low order/ });
    await expect(begin(twin)).rejects.toMatchObject({ kind: 'conflict', message: /belongs to worker-2/ });
  });

  it('does not change while a copy of its file would bring it back, and says which', async () => {
    writeFileSync(path('copy'), `# role: cli\n${old.publicKey.text}\n`);
    await until(async () => (await listed()).includes('copy duplicate'), {
      what: 'the copy is seen',
    });
    const refused = { kind: 'forbidden', message: expect.stringContaining('is in copy.pub too') as string };
    await expect(begin(fresh)).rejects.toMatchObject(refused);
    engine.remove('copy');
    await until(async () => !(await listed()).includes('copy duplicate'), {
      what: 'it is gone',
    });
    const { nonce } = await begin(fresh);
    // Put there after the question.
    writeFileSync(path('copy'), `# role: cli\n${old.publicKey.text}\n`);
    await expect(confirm(nonce, proof(nonce))).rejects.toMatchObject(refused);
    expect(file()).toBe(`${old.publicKey.text}\n`);
    const both = ['copy duplicate', 'worker-1 admitted', 'worker-2 admitted'];
    // The refusal looked at the files, and may be there before the engine has seen them.
    await until(async () => (await listed()).join() === both.join(), {
      what: 'the copy is seen again, and the old key is in force',
    });
  });

  it('is not rotated by a plain connection, though root on loopback may name it', async () => {
    const plain = new RotationServiceClient(`127.0.0.1:${engine.port}`, credentials.createInsecure());
    await expect(
      callUnary(
        plain,
        'beginRotation',
        { newPublicKey: fresh.publicKey.text },
        named(old.publicKey.text),
        CALL_MS,
      ),
    ).rejects.toMatchObject({ kind: 'forbidden', message: /has proven it/ });
    plain.close();
  });

  it('is removed when its file is, between the question and the proof', async () => {
    const { nonce } = await begin(fresh);
    engine.remove('worker-1');
    await expect(confirm(nonce, proof(nonce))).rejects.toThrow();
    expect(existsSync(path())).toBe(false);
    expect(await admitted(fresh)).toBe(false);
  });

  it('rotates once at a time', async () => {
    await requestRotation(connection, fresh);
    const next = await engine.connect(fresh);
    await expect(begin(generateKey(), next)).rejects.toMatchObject({ kind: 'unavailable' });
    await finishRotation(next);
    await expect(begin(generateKey(), next)).resolves.toMatchObject({ denied: false });
  });
});

describe('a new key that is not seen working', () => {
  beforeEach(() => start('local', {}, systemClock, { finish: 300, linger: 100 }));

  it('gives way to the old one, which then works as before', async () => {
    await requestRotation(connection, fresh);
    await becomes(old);
    expect(file()).toBe(`${old.publicKey.text}\n`);
    expect(await (await engine.connect(old)).call('status', {})).toMatchObject({ identity: 'worker-1' });
    const late = await engine.connect(fresh);
    await expect(finishRotation(late)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('does not bring back an old one whose client was removed meanwhile', async () => {
    await requestRotation(connection, fresh);
    engine.remove('worker-1');
    await until(async () => !(await admitted(fresh)), { what: 'it is revoked' });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(existsSync(path())).toBe(false);
  });
});

describe('an engine that lets nobody rotate', () => {
  beforeEach(() => start('local', { keyRotation: 'deny' }));

  it('says so, and changes nothing', async () => {
    expect(await requestRotation(connection, fresh)).toEqual({ kind: 'denied', name: 'worker-1' });
    const none = await begin(fresh);
    await expect(confirm(none.nonce, proof(none.nonce))).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await admitted(old)).toBe(true);
  });
});

describe('a component that rotates by itself', () => {
  let home: string;
  let said: string[];

  beforeEach(async () => {
    await start();
    home = mkdtempSync(join(tmpdir(), 'banyan-rotation-'));
    said = [];
    write(old);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const config = () => join(home, 'banyan.yaml');
  const spareFile = () => new SpareKey(home, 'cli');
  const write = (key: PrivateKey) =>
    writeFileSync(
      config(),
      `# mine\ncli:\n  engine_host: "127.0.0.1"\n  wg_private_key: "${key.reveal()}" # secret\n`,
      { mode: 0o600 },
    );
  const rotate = (open: (key: PrivateKey) => Promise<EngineConnection> = (key) => engine.connect(key)) =>
    rotateHere({
      settings: { role: 'cli', configPath: config(), stateDir: home, privateKey: old },
      open,
      say: (sentence) => said.push(sentence),
    });

  it('has the new key in its config, the old one beside it, and no spare one', async () => {
    const { state, to } = await rotate();
    expect(state).toBe('rotated');
    expect(file()).toBe(`${to.text}\n`);
    const text = readFileSync(config(), 'utf8');
    expect(text).toMatch(/^# mine$/m);
    expect(text).toMatch(/ # secret$/m);
    expect(text).toContain(to.text);
    expect(text).not.toContain(old.reveal());
    expect(readFileSync(`${config()}.previous`, 'utf8')).toContain(old.reveal());
    expect(statSync(`${config()}.previous`).mode & 0o777).toBe(0o600);
    expect(await spareFile().read()).toBeUndefined();
    expect(said.join()).not.toContain(old.reveal());
  });

  it('goes on with the key it has asked for before, also when the engine has put it in force already', async () => {
    const { privateKey } = await spareFile().obtain();
    await requestRotation(connection, privateKey);
    const { to } = await rotate();
    expect(to.text).toBe(privateKey.publicKey.text);
    expect(readFileSync(config(), 'utf8')).toContain(to.text);
  });

  it('makes another key when somebody has the address of the first', async () => {
    writeFileSync(spareFile().path, JSON.stringify({ private_key: twin.reveal() }), { mode: 0o600 });
    const { state, to } = await rotate();
    expect(state).toBe('rotated');
    expect(to.text).not.toBe(twin.publicKey.text);
  });

  it('keeps both keys when the new one cannot connect, and says so', async () => {
    const cutOff = rotate((key) =>
      key === old ? engine.connect(key) : Promise.reject(new Error('no route to the engine')),
    );
    await expect(cutOff).rejects.toMatchObject({
      message: 'the new key could not be taken over: no route to the engine',
      remedy: expect.stringContaining(spareFile().path) as string,
    });
    expect(readFileSync(config(), 'utf8')).toContain(old.reveal());
    expect(await spareFile().read()).toMatchObject({ inForce: true });
  });

  it('does not begin with a config that has another key by now', async () => {
    write(generateKey());
    await expect(rotate()).rejects.toMatchObject({ kind: 'conflict' });
    expect(existsSync(spareFile().path)).toBe(false);
  });
});

/** Two keys with one tunnel address, any: among some hundred keys there are two. */
function collidingKeys(): [PrivateKey, PrivateKey] {
  const byAddress = new Map<string, PrivateKey>();
  for (;;) {
    const key = generateKey();
    const rival = byAddress.get(tunnelAddress(key.publicKey));
    if (rival) return [rival, key];
    byAddress.set(tunnelAddress(key.publicKey), key);
  }
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callUnary, learnEngineKey, openEngine, type EngineConnection, type EngineSettings } from '#channel';
import type { PrivateKey, PublicKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { SILENT } from '#log';
import { until } from '../lab/until.js';
import { CALL_MS, gatedServer, type GatedServer } from './gated-server.js';

const [old, renewed] = [generateKey(), generateKey()];

let server: GatedServer;
let stateDir: string;
let connections: EngineConnection[];

beforeEach(async () => {
  server = await gatedServer({ key: renewed, previousKey: old });
  stateDir = mkdtempSync(join(tmpdir(), 'banyan-succession-'));
  connections = [];
});

afterEach(async () => {
  for (const connection of connections) connection.close();
  await server.close();
  rmSync(stateDir, { recursive: true });
});

function settings(engineKey?: PublicKey, privateKey = generateKey()): EngineSettings {
  return {
    engineHost: '127.0.0.1',
    enginePort: server.port,
    engineWgPort: 51821,
    privateKey,
    stateDir,
    ...(engineKey ? { engineKey } : {}),
  };
}

/** Connected, and has made a call. */
async function called(mine: EngineSettings): Promise<EngineConnection> {
  const connection = await openEngine(mine, SILENT);
  connections.push(connection);
  await callUnary(connection.engine, 'health', {}, connection.metadata(), CALL_MS);
  return connection;
}

function pin(key: PublicKey): void {
  const known = {
    [`127.0.0.1:${server.port}`]: { public_key: key.text, first_seen: '2026-01-01T00:00:00Z' },
  };
  writeFileSync(join(stateDir, 'known-engines.json'), JSON.stringify(known));
}

const pinned = (): string => readFileSync(join(stateDir, 'known-engines.json'), 'utf8');

describe('an engine with a new key', () => {
  it('is reached by the old one, and says the new one there and nowhere else', async () => {
    expect((await called(settings(old.publicKey))).newKey?.text).toBe(renewed.publicKey.text);
    expect((await called(settings(renewed.publicKey))).newKey).toBeUndefined();
    expect(server.seen.map((connection) => connection?.engineKey?.text)).toEqual([
      old.publicKey.text,
      renewed.publicKey.text,
    ]);
  });

  it('is reached by no third key', async () => {
    await expect(openEngine(settings(generateKey().publicKey), SILENT)).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  it('cuts off whoever came by the old one when it forgets it, and is reached by it no more', async () => {
    const connection = await called(settings(old.publicKey));
    const other = await called(settings(renewed.publicKey));
    expect(server.gate.useKeys({ current: renewed })).toBe(1);
    await expect(
      callUnary(connection.engine, 'health', {}, connection.metadata(), CALL_MS),
    ).rejects.toMatchObject({ kind: 'unavailable' });
    await callUnary(other.engine, 'health', {}, other.metadata(), CALL_MS);
    await expect(openEngine(settings(old.publicKey), SILENT)).rejects.toThrow(/the configuration says/);
  });
});

describe('a client that is told of a new key', () => {
  it('saves it once it is proven, and tells the engine by it afterwards', async () => {
    const mine = settings(old.publicKey);
    const connection = await called(mine);
    const saved: string[] = [];
    const key = await learnEngineKey(connection, mine, (from, to) => {
      // The engine counts on it from its first call by the new key.
      expect(server.seen.some((seen) => seen?.engineKey?.equals(renewed.publicKey))).toBe(false);
      saved.push(from.text, to.text);
      return Promise.resolve();
    });
    expect(key.text).toBe(renewed.publicKey.text);
    expect(saved).toEqual([old.publicKey.text, renewed.publicKey.text]);
    expect(server.seen.at(-1)).toMatchObject({ provenKey: mine.privateKey.publicKey, engineKey: key });
  });

  it('says nothing to the engine when it cannot save it', async () => {
    const mine = settings(old.publicKey);
    const connection = await called(mine);
    const calls = server.seen.length;
    await expect(
      learnEngineKey(connection, mine, () => Promise.reject(new Error('read-only'))),
    ).rejects.toThrow('read-only');
    expect(server.seen).toHaveLength(calls);
  });

  it('saves none that is not proven', async () => {
    const mine = settings(old.publicKey);
    const connection = await called(mine);
    server.gate.useKeys({ current: generateKey(), previous: old });
    const save = (): Promise<void> => Promise.reject(new Error('saved'));
    await expect(learnEngineKey(connection, mine, save)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('moves its pin of first use, which stays of that time and unconfirmed', async () => {
    pin(old.publicKey);
    const mine = settings();
    await learnEngineKey(await called(mine), mine, () => Promise.reject(new Error('not configured')));
    expect(JSON.parse(pinned())).toEqual({
      [`127.0.0.1:${server.port}`]: {
        public_key: renewed.publicKey.text,
        first_seen: '2026-01-01T00:00:00Z',
      },
    });
    expect(await called(mine)).toMatchObject({ engineKeyConfirmed: false, newKey: undefined });
  });

  it('leaves a pin alone that is another by then', async () => {
    pin(old.publicKey);
    const mine = settings();
    const connection = await called(mine);
    const other = generateKey().publicKey;
    pin(other);
    await expect(learnEngineKey(connection, mine, () => Promise.resolve())).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(pinned()).toContain(other.text);
  });

  it('keeps its pin, whatever an engine says that does not prove it', async () => {
    const stranger: PrivateKey = generateKey();
    pin(stranger.publicKey);
    await expect(openEngine(settings(), SILENT)).rejects.toThrow(/was pinned at first use/);
    expect(pinned()).toContain(stranger.publicKey.text);
  });

  it('is told on an open stream too', async () => {
    const connection = await called(settings(old.publicKey));
    const next = generateKey().publicKey;
    connection.renewal('not a key');
    connection.renewal(old.publicKey.text);
    expect(connection.newKey?.text).toBe(renewed.publicKey.text);
    connection.renewal(next.text);
    await until(() => connection.newKey?.equals(next), { what: 'the newest counts' });
    expect((await connection.renewed).text).toBe(renewed.publicKey.text);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { callUnary } from '#channel';
import { generateKey } from '#crypto/generate';
import { until } from '../lab/until.js';
import { CALL_MS, runningEngine, type RunningEngine } from './running-engine.js';

describe('when a client was last seen', () => {
  let directory: string;
  let engine: RunningEngine;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'banyan-seen-'));
    mkdirSync(join(directory, 'keys'));
    engine = await start();
  });
  afterEach(async () => {
    await engine.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const start = () =>
    runningEngine('local', { stateDir: directory, whitelistedKeysDir: join(directory, 'keys') });
  const clients = async () => {
    const answer = await callUnary(engine.admin, 'listClients', {}, new Metadata(), CALL_MS);
    return { ...answer, seen: new Map(answer.clients.map(({ name, lastSeenMs }) => [name, lastSeenMs])) };
  };

  it('is now while it is connected, and remembered when the engine has started again', async () => {
    const [one, idle] = [generateKey(), generateKey()];
    engine.drop('cli-1', one);
    engine.drop('idle', idle);
    const before = Date.now();
    await until(async () => {
      const connection = await engine.connect(one);
      return connection.call('status', {}).catch(() => undefined);
    });
    const connected = await clients();
    expect(connected.seen.get('cli-1')).toBeGreaterThanOrEqual(before);
    expect(connected.seen.get('idle')).toBe(0);
    expect(connected.remembersSinceMs).toBeLessThanOrEqual(before);
    await engine.stop();
    const stopped = Date.now();
    engine = await start();
    const again = await clients();
    expect(again.seen.get('cli-1')).toBeGreaterThanOrEqual(before);
    expect(again.seen.get('cli-1')).toBeLessThanOrEqual(stopped);
    expect(again.seen.get('idle')).toBe(0);
    expect(again.remembersSinceMs).toBe(connected.remembersSinceMs);
  });

  it('is remembered of keys of the whitelist only', async () => {
    await engine.stop();
    const [gone, kept] = [generateKey().publicKey.text, generateKey()];
    const seen = { [gone]: 5, [kept.publicKey.text]: 7 };
    const path = join(directory, 'last-seen.json');
    writeFileSync(path, JSON.stringify({ version: 1, since_ms: 1, seen_ms: seen }));
    engine = await start();
    engine.drop('kept', kept);
    await until(async () => (await clients()).seen.get('kept') === 7);
    await engine.stop();
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      seen_ms: { [kept.publicKey.text]: 7 },
    });
    engine = await start();
  });

  it('is remembered of keys whose files are spoilt, and of all while the whitelist is in doubt', async () => {
    await engine.stop();
    const [kept, spoilt] = [generateKey(), generateKey()];
    const path = join(directory, 'last-seen.json');
    const seen = { [kept.publicKey.text]: 7, [spoilt.publicKey.text]: 8 };
    writeFileSync(path, JSON.stringify({ version: 1, since_ms: 1, seen_ms: seen }));
    const written = async () => JSON.parse(await readFile(path, 'utf8')) as unknown;
    engine = await start();
    engine.drop('kept', kept);
    engine.drop('spoilt', spoilt);
    await until(async () => (await clients()).seen.size === 2);
    await engine.stop();
    writeFileSync(join(directory, 'keys', 'spoilt.pub'), 'rubbish');
    await (await start()).stop();
    expect(await written()).toMatchObject({ seen_ms: seen });
    for (const name of ['kept', 'spoilt']) rmSync(join(directory, 'keys', `${name}.pub`));
    await (await start()).stop();
    expect(await written()).toMatchObject({ seen_ms: seen });
    rmSync(join(directory, 'keys'), { recursive: true });
    await (await start()).stop();
    expect(await written()).toMatchObject({ seen_ms: seen });
    mkdirSync(join(directory, 'keys'));
    engine = await start();
  });

  it('is not remembered since a time that is to come', async () => {
    await engine.stop();
    const path = join(directory, 'last-seen.json');
    writeFileSync(path, JSON.stringify({ version: 1, since_ms: Date.now() + 86_400_000, seen_ms: {} }));
    engine = await start();
    expect((await clients()).remembersSinceMs).toBeLessThanOrEqual(Date.now());
  });

  it('is remembered anew when the file is damaged, and the engine starts', async () => {
    await engine.stop();
    writeFileSync(join(directory, 'last-seen.json'), '{');
    const before = Date.now();
    engine = await start();
    expect((await clients()).remembersSinceMs).toBeGreaterThanOrEqual(before);
  });
});

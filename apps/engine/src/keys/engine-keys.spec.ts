import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineSettings } from '#config';
import type { PrivateKey } from '#crypto';
import { generateKey } from '#crypto/generate';
import { until } from '../../../../test/lab/until.js';
import { EngineKeys } from './engine-keys.js';
import { PreviousKeyFile } from './previous-key-file.js';

const [old, now] = [generateKey(), generateKey()];
const client = generateKey().publicKey;

describe('the keys of an engine', () => {
  let stateDir: string;
  let file: PreviousKeyFile;
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'banyan-keys-'));
    file = new PreviousKeyFile(stateDir);
    await file.write({ privateKey: old, successor: now.publicKey, learned: new Set() });
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  const open = (privateKey: PrivateKey = now) =>
    EngineKeys.open({
      stateDir,
      privateKey,
      formerPublicKeys: [] as readonly [],
    } as unknown as EngineSettings);

  it('are two while a rotation is under way, and who has learned the new one is known after a restart', async () => {
    const keys = await open();
    expect(keys.noteLearned(client)).toBe(true);
    expect(keys.noteLearned(client)).toBe(false);
    await until(async () => (await file.read())?.learned.has(client.text), { what: 'it is on disk' });
    expect([...((await open()).previous?.learned ?? [])]).toEqual([client.text]);
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  });

  it('are one when it is over, also when somebody learns at that moment', async () => {
    const keys = await open();
    keys.noteLearned(client);
    await keys.forget();
    expect(keys.noteLearned(generateKey().publicKey)).toBe(false);
    expect(await readdir(stateDir)).toEqual([]);
    expect((await open()).previous).toBeUndefined();
  });

  it('are one when the rotation was followed by a change by hand', async () => {
    expect((await open(generateKey())).previous).toBeUndefined();
    expect(await readdir(stateDir)).toEqual([]);
  });

  it('are one while the rotation has not taken effect, and two at the next start if it does meanwhile', async () => {
    expect((await open(old)).previous).toBeUndefined();
    expect((await open(now)).previous?.privateKey.publicKey.text).toBe(old.publicKey.text);
  });

  it('are one when the file of the previous one is damaged, which stays for an operator to see', async () => {
    const text = (await readFile(file.path, 'utf8')).slice(0, 80);
    await writeFile(file.path, text);
    expect((await open()).previous).toBeUndefined();
    expect(await readFile(file.path, 'utf8')).toBe(text);
    const failure: unknown = await file.read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'invalid' });
    expect(String(failure)).not.toContain(old.reveal().slice(0, 8));
  });

  it('become others while the engine runs, and no client has any of them', async () => {
    const keys = await open();
    const own = keys.own;
    const next = generateKey();
    await file.write({ privateKey: now, successor: next.publicKey, learned: new Set() });
    await keys.take(next);
    expect(keys.current).toBe(next);
    expect(keys.previous?.privateKey.publicKey.text).toBe(now.publicKey.text);
    expect(own.map(({ text }) => text)).toEqual([next.publicKey.text, now.publicKey.text]);
  });
});
